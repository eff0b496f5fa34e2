// Registers indexer_w8a8 (V2) and indexer_w8a8_v3.

#include "kernels/indexer_w8a8/indexer_w8a8.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include "kernels/compressor/rules.h"
#include "kernels/indexer/comparators.h"
#include "kernels/indexer_w8a8/indexer_w8a8_golden.h"
#include "kernels/indexer_w8a8/inputs.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

using tilesmith::Normal;
using tilesmith::Outcome;
using tilesmith::Zeros;

struct Seed {
  int Q_TILE = 128;
  int Q_OUT_TILE = 256;
  int QR_PROJ_ROW_TILE = 8;
  int D_TILE = 512;
  int WEIGHTS_OK = 1;
  int WEIGHTS_ROW_TILE = 8;
  int ROPE_ROW_TILE = 32;
  int HEAD_DIM_TILE = 32;
  int QH_HEAD_DIM_TILE = 64;
  int QH_QUANT_TILE = 64;
  int CACHE_TILE = 32;
  int K_TILE = 512;
  int OUT_TILE = 64;
  int B_TILE = 8;
  int HEAD_TILE = 64;
  int ROPE_TILE = 32;
  int RMS_TILE = 4;
};

struct SeedV3 {
  int Q_TILE = 256;
  int Q_OUT_TILE = 1024;
  int MM_N_TILE = 512;
  int D_TILE = 256;
  int WEIGHTS_OK = 4;
  int ROPE_ROW_TILE = 32;
  int HEAD_DIM_TILE = 32;
  int QH_HEAD_DIM_TILE = 64;
  int QH_QUANT_TILE = 64;
  int QH_MM_TILE = 64;
  int QUANT_NSPLIT = 4;
  int CACHE_TILE = 64;
  int MAT_TILE = 512;
  int REDUCE_TILE = 128;
  int REDUCE_NSPLIT = 4;
  int K_TILE = 512;
  int PROJ_OUT_TILE = 32;
  int B_TILE = 8;
  int HEAD_TILE = 64;
  int ROPE_TILE = 32;
  int RMS_TILE = 4;
};

std::int64_t VisibleV2(const Outcome& outcome, std::int64_t t) {
  const auto b = static_cast<std::size_t>(t / outcome.Dim("S"));
  return std::min<std::int64_t>(outcome.Input<std::int32_t>("kv_seq_lens")[b] / 4,
                                outcome.Dim("SCORE_LEN"));
}
std::int64_t VisibleV3(const Outcome& outcome, std::int64_t t) {
  const std::int64_t p = outcome.Input<std::int32_t>("position_ids")[static_cast<std::size_t>(t)];
  return std::min((p + 1) / 4, VisibleV2(outcome, t));
}

// kernels.md §2, "Compare", V3: of any single score.
double Bound(double /*score*/, double largest) {
  return std::max(4 * (1e-4 + largest / 128), 5e-3);
}

// kernels.md §2, Roofline, with every key of a full score row, and §3's.
std::string Flops() {
  return "B * S * (2 * QL * 8192 + 192 * 64 + 128 * 128 * 128 + 128 * D + 259 * 64 * SCORE_LEN) "
         "+ " +
         compressor::FlopsOf<compressor::Indexer>();
}
std::string Bytes(int key_bytes) {
  return "QL * 8192 + 4 * 8192 + 128 * D + 2 * 128 * 128 + B * S * (2 * D + QL + 4 + "
         "8 * SCORE_LEN) + B * SCORE_LEN * " +
         std::to_string(key_bytes) + " + " + compressor::BytesOf<compressor::Indexer>();
}

// What the contracts share; scratch included.
template <typename Args>
tilesmith::Kernel<Args> Describe(const char* name, const char* contract,
                                 const tilesmith::Comparator& cache_rule,
                                 const tilesmith::Fill& cache, const indexer::VisibleOf& visible) {
  tilesmith::Kernel<Args> kernel(name);
  kernel.Contract("indexer_w8a8", contract)
      .GoldenFiles({"indexer"})
      .Space("../../search_spaces/" + std::string(name) + ".toml")
      .Dim("B", &Args::B)
      .Dim("S", &Args::S)
      .Dim("D", &Args::D)
      .Dim("QL", &Args::QL)
      .Dim("STATE_BLOCKS", &Args::STATE_BLOCKS)
      .Dim("STATE_PAGES", &Args::STATE_PAGES)
      .Dim("BLOCKS", &Args::BLOCKS)
      .Dim("PAGE", &Args::PAGE)
      .Dim("TABLE", &Args::TABLE)
      .Dim("SCORE_LEN", &Args::SCORE_LEN)
      .Dim("IDX_TOPK", &Args::IDX_TOPK)
      .AlsoCalled("index_topk")
      .Scalar("offset", &Args::offset, std::string(contract) == "V2" ? 129 : 0)
      .Input("x", &Args::x, {"B", "S", "D"}, Zeros())
      .Input("qr", &Args::qr, {"B * S", "QL"}, Zeros())
      .Input("qr_scale", &Args::qr_scale, {"B * S", "1"}, Zeros())
      .ColdInput("wq_b", &Args::wq_b, {"QL", "8192"}, Zeros())
      .ColdInput("wq_b_scale", &Args::wq_b_scale, {"8192"}, Zeros())
      .ColdInput("weights_proj", &Args::weights_proj, {"D", "64"}, Zeros())
      .Input("cos", &Args::cos, {"B", "32"}, Zeros())
      .Input("sin", &Args::sin, {"B", "32"}, Zeros())
      .Input("hadamard", &Args::hadamard, {"128", "128"}, Zeros())
      .InOut("inner_compress_state", &Args::inner_compress_state, {"STATE_BLOCKS", "4", "512"},
             Normal(1), compressor::StateRule())
      .Input("inner_compress_state_block_table", &Args::inner_compress_state_block_table,
             {"B", "STATE_PAGES"}, Zeros())
      .ColdInput("inner_wkv", &Args::inner_wkv, {"256", "D"}, Zeros())
      .ColdInput("inner_wgate", &Args::inner_wgate, {"256", "D"}, Zeros())
      .Input("inner_ape", &Args::inner_ape, {"4", "256"}, Zeros())
      .Input("inner_norm_w", &Args::inner_norm_w, {"128"}, Normal(0.261, 0.685))
      .InOut("idx_kv_cache", &Args::idx_kv_cache, {"BLOCKS", "PAGE", "1", "128"}, cache, cache_rule)
      .Input("idx_block_table", &Args::idx_block_table, {"B", "TABLE"}, Zeros())
      .Input("position_ids", &Args::position_ids, {"B", "S"}, Zeros())
      .Input("idx_slot_mapping", &Args::idx_slot_mapping, {"B", "S"}, Zeros())
      .Input("inner_state_slot_mapping", &Args::inner_state_slot_mapping, {"B", "S"}, Zeros())
      .Input("kv_seq_lens", &Args::kv_seq_lens, {"B"}, Zeros())
      .Prepare(&indexer::FillStep)
      .Output("inner_kv", &Args::inner_kv, {"B", "S", "128"},
              compressor::RotatedRows("inner_kv", 128))
      .Output("score", &Args::score, {"B", "S", "SCORE_LEN"},
              indexer::ScoresClose({1e-4, 1.0 / 128, 0.005, &Bound}, visible))
      .Output("topk_idxs", &Args::topk_idxs, {"B", "S", "SCORE_LEN"},
              indexer::BestChosen(&Bound, visible, false))
      .Scratch("kv_proj", &Args::kv_proj, {"B * S", "256"})
      .Scratch("score_proj", &Args::score_proj, {"B * S", "256"})
      .Scratch("pooled", &Args::pooled, {"B", "128"})
      .Scratch("q_sums", &Args::q_sums, {"ceil_div(B * S, 8) * 8", "8192"})
      .Scratch("q", &Args::q, {"B * S", "8192"})
      .Scratch("q_rot", &Args::q_rot, {"B * S", "8192"})
      .Scratch("q_words", &Args::q_words, {"B * S", "8192"})
      .Scratch("q_starts", &Args::q_starts, {"B * S", "64"})
      .Scratch("q_scale", &Args::q_scale, {"B * S", "64"})
      .Scratch("weights_partials", &Args::weights_partials,
               {std::to_string(indexer::kMostSlices), "B * S", "64"})
      .Scratch("weights", &Args::weights, {"B * S", "64"})
      .Scratch("lists", &Args::lists, {"B * S", "4 * SCORE_LEN"})
      .Flops(Flops(), tilesmith::DType::kI8)
      .Bytes(Bytes(Args::kCodes ? 132 : 256));
  return kernel;
}

const auto* const v2 = Describe<IndexerW8A8Args>("indexer_w8a8", "V2",
                                                 compressor::RotatedRows("idx_kv_cache", 128, true),
                                                 Normal(1), &VisibleV2)
                           .Template("indexer_w8a8.h", "kernels::IndexerW8A8", &IndexerW8A8<Seed{}>)
                           .Golden(&IndexerW8A8Golden)
                           .Register();

const auto* const v3 =
    Describe<IndexerW8A8V3Args>("indexer_w8a8_v3", "V3", tilesmith::Codes(1, 0.01),
                                tilesmith::Uniform(-127, 127), &VisibleV3)
        .Template("indexer_w8a8.h", "kernels::IndexerW8A8V3", &IndexerW8A8V3<SeedV3{}>)
        .InOut("idx_kv_scale", &IndexerW8A8V3Args::idx_kv_scale, {"BLOCKS", "PAGE", "1", "1"},
               tilesmith::Uniform(0.005, 0.02), tilesmith::RatioAllClose(1e-4, 1.0 / 128, 0.01))
        .Golden(&IndexerW8A8V3Golden)
        .Register();

}  // namespace
}  // namespace kernels
