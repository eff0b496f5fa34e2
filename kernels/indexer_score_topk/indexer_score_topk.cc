// Registers indexer_score_topk (V0) and indexer_score_topk_paged, the same with a paged cache.

#include "kernels/indexer_score_topk/indexer_score_topk.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>

#include "kernels/golden/fills.h"
#include "kernels/golden/rounding.h"
#include "kernels/indexer/comparators.h"
#include "kernels/indexer/inputs.h"
#include "kernels/indexer_score_topk/indexer_score_topk_golden.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

using tilesmith::CaseInputs;
using tilesmith::Normal;
using tilesmith::Outcome;
using tilesmith::Zeros;
using Args = IndexerScoreTopKArgs;

struct Seed {
  int Q_CHUCK = 128;
  int Q_OUT_CHUCK = 128;
  int ROPE_CHUCK = 16;
  int HEAD_DIM_CHUCK = 32;
  int D_CHUCK = 32;
  int HEAD_CHUNK = 16;
  int CACHE_TILE = 32;
};

void FillWeights(CaseInputs& inputs) {
  const auto deviation = [&](const char* dim) {
    return 1 / std::sqrt(static_cast<double>(inputs.Dim(dim)));
  };
  golden::FillNormal(inputs, inputs.Get<bf16>("wq_b"), deviation("QL"));
  golden::FillNormal(inputs, inputs.Get<bf16>("weights_proj"), deviation("D"));
  indexer::FillMatrix(inputs);
}

void FillContiguous(CaseInputs& inputs) {
  FillWeights(inputs);
  indexer::FillAngles(inputs, 0, inputs.Dim("start_pos"));
  const std::span<bf16> even = inputs.Get<bf16>("even_select");
  const std::span<bf16> odd = inputs.Get<bf16>("odd_select");
  for (std::size_t i = 0; i < 32; ++i) {
    even[2 * i * 32 + i] = golden::Bf16Rne(1);
    odd[(2 * i + 1) * 32 + i] = golden::Bf16Rne(1);
  }
}

void FillPaged(CaseInputs& inputs) {
  FillWeights(inputs);
  indexer::FillTable(inputs);
  const std::span<std::int32_t> table = inputs.Get<std::int32_t>("idx_block_table");
  const std::int64_t pages = inputs.Dim("TABLE");
  const std::int64_t keys = std::min(inputs.Dim("SCORE_LEN"), pages * inputs.Dim("PAGE"));
  for (std::int64_t b = 0; b < inputs.Dim("B"); ++b) {
    const std::int64_t position = indexer::PickPosition(inputs, b, 4 * keys + 3);
    inputs.Get<std::int32_t>("kv_seq_lens")[static_cast<std::size_t>(b)] =
        static_cast<std::int32_t>(position + inputs.Dim("S"));
    indexer::FillAngles(inputs, b, position);
    if (b % 4 == 2) table[static_cast<std::size_t>(b * pages)] = -1;  // keys that are gone
  }
}

std::int64_t VisibleContiguous(const Outcome& outcome, std::int64_t /*t*/) {
  return std::min((outcome.Dim("start_pos") + outcome.Dim("S")) / 4, outcome.Dim("SCORE_LEN"));
}
std::int64_t VisiblePaged(const Outcome& outcome, std::int64_t t) {
  const auto b = static_cast<std::size_t>(t / outcome.Dim("S"));
  return std::min<std::int64_t>(outcome.Input<std::int32_t>("kv_seq_lens")[b] / 4,
                                outcome.Dim("SCORE_LEN"));
}

double Bound(double score, double /*largest*/) { return 1e-3 + 1e-3 * std::fabs(score); }

// Operands and figures that do not depend on the cache; `keys` counts those of one token.
tilesmith::Kernel<Args> Describe(const char* name, const std::string& angles,
                                 const std::string& keys, const indexer::VisibleOf& visible,
                                 bool topk_is_scalar) {
  tilesmith::Kernel<Args> kernel(name);
  kernel.Contract(name, "V0")
      .Template("indexer_score_topk.h", "kernels::IndexerScoreTopK", &IndexerScoreTopK<Seed{}>)
      .Space("../../search_spaces/" + std::string(name) + ".toml")
      .Dim("B", &Args::B)
      .Dim("S", &Args::S)
      .Dim("D", &Args::D)
      .Dim("QL", &Args::QL)
      .Dim("SCORE_LEN", &Args::SCORE_LEN)
      .Input("x", &Args::x, {"B", "S", "D"}, Normal(0.1))
      .Input("qr", &Args::qr, {"B", "S", "QL"}, Normal(0.1))
      .ColdInput("wq_b", &Args::wq_b, {"QL", "8192"}, Zeros())
      .ColdInput("weights_proj", &Args::weights_proj, {"D", "64"}, Zeros())
      .Input("cos", &Args::cos, {angles, "32"}, Zeros())
      .Input("sin", &Args::sin, {angles, "32"}, Zeros())
      .Input("hadamard", &Args::hadamard, {"128", "128"}, Zeros())
      .Scalar("offset", &Args::offset, 128)
      .Output("score", &Args::score, {"B", "S", "SCORE_LEN"},
              indexer::ScoresClose({1e-3, 1e-3}, visible))
      .Output("topk_idxs", &Args::topk_idxs, {"B", "S", "SCORE_LEN"},
              indexer::BestChosen(&Bound, visible, topk_is_scalar))
      .Scratch("q", &Args::q, {"B * S", "8192"})
      .Scratch("q_rot", &Args::q_rot, {"B * S", "8192"})
      .Scratch("weights_partials", &Args::weights_partials, {"B * S", "64"})
      .Scratch("weights", &Args::weights, {"B * S", "64"})
      .Scratch("lists", &Args::lists, {"B * S", "4 * SCORE_LEN"})
      .Golden(&IndexerScoreTopKGolden)
      .Flops("B * S * (2 * QL * 8192 + 192 * 64 + 128 * 128 * 128 + 128 * D + 259 * 64 * " + keys +
             ")")
      .Bytes(
          "16384 * QL + 128 * D + 2 * 128 * 128 + B * S * (2 * D + 2 * QL + 8 * SCORE_LEN) + "
          "256 * B * " +
          keys);
  return kernel;
}

const auto* const contiguous =
    Describe("indexer_score_topk", "1", "min((start_pos + S) // 4, SCORE_LEN)", &VisibleContiguous,
             true)
        .GoldenFiles({"indexer_v0"})
        .Dim("CACHE_LEN", &Args::CACHE_LEN)
        .Dim("start_pos", &Args::start_pos)
        .Scalar("IDX_TOPK", &Args::IDX_TOPK, 16)  // of the original's test
        .Input("even_select", &Args::even_select, {"64", "32"}, Zeros())
        .Input("odd_select", &Args::odd_select, {"64", "32"}, Zeros())
        .ColdInput("idx_kv_cache", &Args::idx_kv_cache, {"B", "CACHE_LEN", "128"}, Normal(1))
        .Prepare(&FillContiguous)
        .Register();

const auto* const paged =
    Describe("indexer_score_topk_paged", "B", "min(TABLE * PAGE, SCORE_LEN)", &VisiblePaged, false)
        .Dim("BLOCKS", &Args::BLOCKS)
        .Dim("PAGE", &Args::PAGE)
        .Dim("TABLE", &Args::TABLE)
        .Dim("IDX_TOPK", &Args::IDX_TOPK)
        .AlsoCalled("index_topk")
        .ColdInput("idx_kv_cache", &Args::idx_kv_cache, {"BLOCKS", "PAGE", "1", "128"}, Normal(1))
        .Input("idx_block_table", &Args::idx_block_table, {"B", "TABLE"}, Zeros())
        .Input("kv_seq_lens", &Args::kv_seq_lens, {"B"}, Zeros())
        .Prepare(&FillPaged)
        .Register();

}  // namespace
}  // namespace kernels
