// Registers compressor_ratio4 (V2) and its other contracts: compressor_ratio4_v3, _v1, _v0.

#include "kernels/compressor_ratio4/compressor_ratio4.h"

#include "kernels/compressor/contiguous_registration.h"
#include "kernels/compressor/rules.h"
#include "kernels/compressor/slotted_registration.h"
#include "kernels/compressor/tabled_registration.h"
#include "kernels/compressor_ratio4/compressor_ratio4_golden.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

const compressor::SlottedNames kNames = {"cmp_kv_cache", "cmp_slot_mapping", "state_slot_mapping"};

struct Seed {
  int K_TILE = 512;
  int OUT_TILE = 64;
  int B_TILE = 8;
  int HEAD_TILE = 64;
  int ROPE_TILE = 32;
  int RMS_TILE = 4;
};

const auto* const v2 =
    compressor::DescribeSlotted<compressor::Ratio4, compressor::V2>("compressor_ratio4", kNames,
                                                                    compressor::RowRule())
        .Contract("compressor_ratio4", "V2")
        .GoldenFiles({"compressor4"})
        .Template("compressor_ratio4.h", "kernels::CompressorRatio4", &CompressorRatio4<Seed{}>)
        .Space("../../search_spaces/compressor_ratio4.toml")
        .Golden(&CompressorRatio4Golden)
        .Register();

const auto* const v3 =
    compressor::DescribeSlotted<compressor::Ratio4, compressor::V3>("compressor_ratio4_v3", kNames,
                                                                    compressor::RowRule())
        .Contract("compressor_ratio4", "V3")
        .GoldenFiles({"compressor4"})
        .Template("compressor_ratio4.h", "kernels::CompressorRatio4V3", &CompressorRatio4V3<Seed{}>)
        .Space("../../search_spaces/compressor_ratio4_v3.toml")
        .Golden(&CompressorRatio4V3Golden)
        .Register();

const auto* const v1 =
    compressor::DescribeTabled<compressor::Ratio4>("compressor_ratio4_v1", "cmp",
                                                   compressor::RowRule())
        .Contract("compressor_ratio4", "V1")
        .GoldenFiles({"compressor4"})
        .Template("compressor_ratio4.h", "kernels::CompressorRatio4V1", &CompressorRatio4V1<Seed{}>)
        .Space("../../search_spaces/compressor_ratio4_v1.toml")
        .Golden(&CompressorRatio4V1Golden)
        .Register();

struct SeedV0 {
  int K_CHUNK = 512;
  int OUT_CHUNK = 128;
  int HEAD_CHUNK = 128;
  int HEAD_DIM_CHUCK = 128;
  int ROPE_CHUCK = 32;
};

const auto* const v0 =
    compressor::DescribeContiguous<compressor::Ratio4>("compressor_ratio4_v0", "kv_cache")
        .Contract("compressor_ratio4", "V0")
        .GoldenFiles({"compressor4"})
        .Template("compressor_ratio4.h", "kernels::CompressorRatio4V0",
                  &CompressorRatio4V0<SeedV0{}>)
        .Space("../../search_spaces/compressor_ratio4_v0.toml")
        .Golden(&CompressorRatio4V0Golden)
        .Register();

}  // namespace
}  // namespace kernels
