// Registers indexer_compressor (V2) and its other contracts: indexer_compressor_v3, _v1, _v0.

#include "kernels/indexer_compressor/indexer_compressor.h"

#include "kernels/compressor/contiguous_registration.h"
#include "kernels/compressor/rules.h"
#include "kernels/compressor/slotted_registration.h"
#include "kernels/compressor/tabled_registration.h"
#include "kernels/indexer_compressor/indexer_compressor_golden.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

const compressor::SlottedNames kNames = {"idx_kv_cache", "idx_slot_mapping",
                                         "inner_state_slot_mapping"};

struct Seed {
  int K_TILE = 512;
  int OUT_TILE = 64;
  int B_TILE = 8;
  int HEAD_TILE = 64;
  int HEAD_DIM_TILE = 128;
  int ROPE_TILE = 32;
  int RMS_TILE = 4;
};

const auto* const v2 =
    compressor::DescribeSlotted<compressor::Indexer, compressor::V2>(
        "indexer_compressor", kNames, compressor::RotatedRows("idx_kv_cache", 128, true))
        .Contract("indexer_compressor", "V2")
        .Template("indexer_compressor.h", "kernels::IndexerCompressor", &IndexerCompressor<Seed{}>)
        .Space("../../search_spaces/indexer_compressor.toml")
        .Input("hadamard", &IndexerCompressorArgs::hadamard, {"128", "128"},
               tilesmith::Normal(0.08838834764831845))
        .Golden(&IndexerCompressorGolden)
        .Register();

struct SeedV3 {
  int K_TILE = 512;
  int PROJ_OUT_TILE = 32;
  int B_TILE = 8;
  int HEAD_TILE = 64;
  int HEAD_DIM_TILE = 128;
  int ROPE_TILE = 32;
  int RMS_TILE = 4;
};

const auto* const v3 =
    compressor::DescribeSlotted<compressor::Indexer, compressor::V3>(
        "indexer_compressor_v3", kNames, tilesmith::Codes(1, 0.01))
        .Contract("indexer_compressor", "V3")
        .Template("indexer_compressor.h", "kernels::IndexerCompressorV3",
                  &IndexerCompressorV3<SeedV3{}>)
        .Space("../../search_spaces/indexer_compressor_v3.toml")
        .Input("hadamard", &IndexerCompressorV3Args::hadamard, {"128", "128"},
               tilesmith::Normal(0.08838834764831845))
        .InOut("idx_kv_scale", &IndexerCompressorV3Args::cache_scale,
               {"CACHE_BLOCKS", "CACHE_PAGE", "1", "1"}, tilesmith::Uniform(0.001, 0.02),
               tilesmith::RatioAllClose(1e-4, 1.0 / 128, 0.01))
        .Golden(&IndexerCompressorV3Golden)
        .Register();

const auto* const v1 =
    compressor::DescribeTabled<compressor::Indexer>(
        "indexer_compressor_v1", "idx", compressor::RotatedRows("idx_kv_cache", 128, true))
        .Contract("indexer_compressor", "V1")
        .Template("indexer_compressor.h", "kernels::IndexerCompressorV1",
                  &IndexerCompressorV1<Seed{}>)
        .Space("../../search_spaces/indexer_compressor_v1.toml")
        .Input("hadamard", &IndexerCompressorV1Args::hadamard, {"128", "128"},
               tilesmith::Normal(0.08838834764831845))
        .Golden(&IndexerCompressorV1Golden)
        .Register();

struct SeedV0 {
  int K_CHUNK = 512;
  int OUT_CHUNK = 32;
  int HEAD_CHUNK = 32;
  int HEAD_DIM_CHUCK = 128;
  int ROPE_CHUCK = 32;
};

const auto* const v0 =
    compressor::DescribeContiguous<compressor::Indexer>("indexer_compressor_v0", "idx_kv_cache")
        .Contract("indexer_compressor", "V0")
        .Template("indexer_compressor.h", "kernels::IndexerCompressorV0",
                  &IndexerCompressorV0<SeedV0{}>)
        .Space("../../search_spaces/indexer_compressor_v0.toml")
        .Golden(&IndexerCompressorV0Golden)
        .Register();

}  // namespace
}  // namespace kernels
