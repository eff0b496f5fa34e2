// Registers compressor_ratio128 (V2) and compressor_ratio128_v3.

#include "kernels/compressor_ratio128/compressor_ratio128.h"

#include "kernels/compressor/registration.h"
#include "kernels/compressor_ratio128/compressor_ratio128_golden.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

const compressor::SlottedNames kNames = {"cmp_kv_cache", "cmp_slot_mapping", "state_slot_mapping"};

struct Seed {
  int K_TILE = 512;
  int OUT_TILE = 64;
  int B_TILE = 8;
  int POOL_HEAD_TILE = 128;
  int HEAD_TILE = 64;
  int ROPE_TILE = 32;
  int RMS_TILE = 4;
};

const auto* const v2 = compressor::DescribeSlotted<compressor::Ratio128, compressor::V2>(
                           "compressor_ratio128", kNames, compressor::RowRule())
                           .Contract("compressor_ratio128", "V2")
                           .GoldenFiles({"compressor128"})
                           .Template("compressor_ratio128.h", "kernels::CompressorRatio128",
                                     &CompressorRatio128<Seed{}>)
                           .Space("../../search_spaces/compressor_ratio128.toml")
                           .Golden(&CompressorRatio128Golden)
                           .Register();

const auto* const v3 = compressor::DescribeSlotted<compressor::Ratio128, compressor::V3>(
                           "compressor_ratio128_v3", kNames, compressor::RowRule())
                           .Contract("compressor_ratio128", "V3")
                           .GoldenFiles({"compressor128"})
                           .Template("compressor_ratio128.h", "kernels::CompressorRatio128V3",
                                     &CompressorRatio128V3<Seed{}>)
                           .Space("../../search_spaces/compressor_ratio128_v3.toml")
                           .Golden(&CompressorRatio128V3Golden)
                           .Register();

}  // namespace
}  // namespace kernels
