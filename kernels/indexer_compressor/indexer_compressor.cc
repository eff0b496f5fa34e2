// Registers indexer_compressor (V2) and indexer_compressor_v3.

#include "kernels/indexer_compressor/indexer_compressor.h"

#include "kernels/compressor/registration.h"
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

// Four of all elements may miss.
tilesmith::Comparator CacheRule() {
  return tilesmith::Judged("one bf16 unit, 4 outliers", [](const tilesmith::Outcome& outcome) {
    const auto elements =
        static_cast<double>(outcome.Input<tilesmith::bf16>("idx_kv_cache").size());
    return outcome.Under(tilesmith::RatioAllClose(1e-4, 1.0 / 128, 4 / elements), "idx_kv_cache");
  });
}

const auto* const v2 =
    compressor::DescribeSlotted<compressor::Indexer, compressor::V2>("indexer_compressor", kNames,
                                                                     CacheRule())
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

}  // namespace
}  // namespace kernels
