// Registers compressor_ratio4.

#include "kernels/compressor_ratio4/compressor_ratio4.h"

#include "kernels/compressor/registration.h"
#include "kernels/compressor_ratio4/compressor_ratio4_golden.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

struct Seed {
  int K_TILE = 512;
  int OUT_TILE = 64;
  int B_TILE = 8;
  int HEAD_TILE = 64;
  int ROPE_TILE = 32;
  int RMS_TILE = 4;
};

const auto* const registered =
    compressor::DescribeSlotted<compressor::Ratio4, compressor::V2>(
        "compressor_ratio4", {"cmp_kv_cache", "cmp_slot_mapping", "state_slot_mapping"},
        compressor::RowRule())
        .Contract("compressor_ratio4", "V2")
        .GoldenFiles({"compressor4"})
        .Template("compressor_ratio4.h", "kernels::CompressorRatio4", &CompressorRatio4<Seed{}>)
        .Space("../../search_spaces/compressor_ratio4.toml")
        .Golden(&CompressorRatio4Golden)
        .Register();

}  // namespace
}  // namespace kernels
