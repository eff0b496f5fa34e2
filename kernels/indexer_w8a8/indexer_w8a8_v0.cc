// Registers indexer_w8a8_v0.

#include "kernels/indexer_w8a8/indexer_w8a8_v0.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

#include "kernels/compressor/rules.h"
#include "kernels/golden/fills.h"
#include "kernels/golden/rounding.h"
#include "kernels/indexer/comparators.h"
#include "kernels/indexer/inputs.h"
#include "kernels/indexer_w8a8/indexer_w8a8_v0_golden.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

using tilesmith::CaseInputs;
using tilesmith::Normal;
using tilesmith::Outcome;
using tilesmith::Zeros;
using Args = IndexerW8A8V0Args;

struct Seed {
  int Q_CHUCK = 128;
  int Q_OUT_CHUCK = 128;
  int QUANT_CHUNK = 256;
  int D_CHUCK = 32;
  int HEAD_DIM_CHUCK = 32;
  int CACHE_TILE = 32;
  int K_CHUNK = 512;
  int OUT_CHUNK = 32;
  int HEAD_CHUNK = 32;
  int ROPE_CHUCK = 32;
};

void FillStep(CaseInputs& inputs) {
  golden::FillWeight(inputs, "wq_b", 0.108, 0.56);
  golden::FillNormal(inputs, inputs.Get<bf16>("weights_proj"), 0.2313);
  golden::FillNormal(inputs, inputs.Get<bf16>("inner_wkv"), 0.0293);
  golden::FillNormal(inputs, inputs.Get<bf16>("inner_wgate"), 0.0512);
  indexer::FillMatrix(inputs);
  indexer::FillAngles(inputs, 0, inputs.Dim("start_pos"));
  const std::span<bf16> even = inputs.Get<bf16>("even_select");
  const std::span<bf16> odd = inputs.Get<bf16>("odd_select");
  for (std::size_t i = 0; i < 32; ++i) {
    even[2 * i * 32 + i] = golden::Bf16Rne(1);
    odd[(2 * i + 1) * 32 + i] = golden::Bf16Rne(1);
  }
}

std::int64_t Visible(const Outcome& outcome, std::int64_t /*t*/) {
  return std::min((outcome.Dim("start_pos") + 1) / 4, outcome.Dim("SCORE_LEN"));
}

double Bound(double /*score*/, double largest) {
  return std::max(4 * (1e-3 + largest / 128), 5e-3);
}

const auto* const registered =
    tilesmith::Kernel<Args>("indexer_w8a8_v0")
        .Contract("indexer_w8a8", "V0")
        .GoldenFiles({"indexer"})
        .Template("indexer_w8a8_v0.h", "kernels::IndexerW8A8V0", &IndexerW8A8V0<Seed{}>)
        .Space("../../search_spaces/indexer_w8a8_v0.toml")
        .Dim("B", &Args::B)
        .Dim("S", &Args::S)
        .Dim("D", &Args::D)
        .Dim("QL", &Args::QL)
        .Dim("CACHE_LEN", &Args::CACHE_LEN)
        .Dim("SCORE_LEN", &Args::SCORE_LEN)
        .Dim("start_pos", &Args::start_pos)
        .Scalar("offset", &Args::offset, 128)
        .Scalar("IDX_TOPK", &Args::IDX_TOPK, 16)  // of the original's test
        .Scalar("inner_rotate", &Args::inner_rotate, 1)
        .Input("x", &Args::x, {"B", "S", "D"}, Normal(1))
        .Input("qr", &Args::qr, {"B", "S", "QL"}, Normal(1))
        .ColdInput("wq_b", &Args::wq_b, {"QL", "8192"}, Zeros())
        .ColdInput("wq_b_scale", &Args::wq_b_scale, {"8192"}, Zeros())
        .ColdInput("weights_proj", &Args::weights_proj, {"D", "64"}, Zeros())
        .Input("cos", &Args::cos, {"1", "32"}, Zeros())
        .Input("sin", &Args::sin, {"1", "32"}, Zeros())
        .Input("even_select", &Args::even_select, {"64", "32"}, Zeros())
        .Input("odd_select", &Args::odd_select, {"64", "32"}, Zeros())
        .Input("hadamard", &Args::hadamard, {"128", "128"}, Zeros())
        .ColdInput("inner_wkv", &Args::inner_wkv, {"D", "256"}, Zeros())
        .ColdInput("inner_wgate", &Args::inner_wgate, {"D", "256"}, Zeros())
        .Input("inner_ape", &Args::inner_ape, {"4", "256"}, Normal(0.1528))
        .Input("inner_norm_w", &Args::inner_norm_w, {"128"}, Normal(0.261, 0.685))
        .InOut("inner_kv_state", &Args::inner_kv_state, {"B", "8", "256"}, Normal(1),
               compressor::V0Rule())
        .InOut("inner_score_state", &Args::inner_score_state, {"B", "8", "256"}, Normal(1),
               compressor::V0Rule())
        .InOut("idx_kv_cache", &Args::idx_kv_cache, {"B", "CACHE_LEN", "128"}, Normal(1),
               compressor::RotatedRows("idx_kv_cache", 128, true, 4))
        .Prepare(&FillStep)
        .Output("inner_kv", &Args::inner_kv, {"B", "S", "128"},
                compressor::RotatedRows("inner_kv", 128, false, 4))
        .Output("score", &Args::score, {"B", "S", "SCORE_LEN"},
                indexer::ScoresClose({1e-3, 1.0 / 128, 0.005, &Bound}, &Visible))
        .Output("topk_idxs", &Args::topk_idxs, {"B", "S", "SCORE_LEN"},
                indexer::BestChosen(&Bound, &Visible, true))
        .Scratch("kv_proj", &Args::kv_proj, {"B", "256"})
        .Scratch("score_proj", &Args::score_proj, {"B", "256"})
        .Scratch("pooled", &Args::pooled, {"B", "128"})
        .Scratch("qr_codes", &Args::qr_codes, {"B", "QL"})
        .Scratch("qr_scale", &Args::qr_scale, {"B"})
        .Scratch("q_sums", &Args::q_sums, {"ceil_div(B, 8) * 8", "8192"})
        .Scratch("q_words", &Args::q_words, {"B", "8192"})
        .Scratch("q_starts", &Args::q_starts, {"B", "64"})
        .Scratch("q_scale", &Args::q_scale, {"B", "64"})
        .Scratch("weights_partials", &Args::weights_partials, {"B", "64"})
        .Scratch("weights", &Args::weights, {"B", "64"})
        .Scratch("lists", &Args::lists, {"B", "4 * SCORE_LEN"})
        .Golden(&IndexerW8A8V0Golden)
        .Flops(
            "B * (2 * QL * 8192 + 192 * 64 + 128 * 128 * 128 + 128 * D + "
            "259 * 64 * min((start_pos + 1) // 4, SCORE_LEN)) + " +
                compressor::FlopsOf<compressor::Indexer>(1),
            tilesmith::DType::kI8)
        .Bytes(
            "QL * 8192 + 4 * 8192 + 128 * D + 2 * 128 * 128 + B * (2 * D + 2 * QL + 8 * SCORE_LEN"
            " + 256 * min((start_pos + 1) // 4, SCORE_LEN)) + " +
            compressor::BytesOf<compressor::Indexer>(1))
        .Register();

}  // namespace
}  // namespace kernels
