// Registers csa_index_build.

#include "kernels/csa_index_build/csa_index_build.h"

#include <cstddef>
#include <span>

#include "kernels/csa_index_build/csa_index_build_golden.h"
#include "kernels/golden/attention_fills.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

using Args = CsaIndexBuildArgs;
using tilesmith::Zeros;

struct Seed {
  int CSA_OVERLAY_TOKEN_TILE = 1;
  int CSA_TOPK_TOKEN_TILE = 8;
  int CSA_TOPK_COLUMN_TILE = 512;
};

constexpr int kMaxSeqLen = 8192;  // of contract V2

// The indexer sees up to the sequence's end, so an early token of a step also gets columns that lie
// in its future.
void FillCase(tilesmith::CaseInputs& inputs) {
  const std::span<int> positions = inputs.Get<int>("position_ids");
  const std::span<int> lengths = inputs.Get<int>("kv_seq_lens");
  const std::span<int> topk = inputs.Get<int>("topk_idxs");
  const std::size_t tokens = positions.size() / lengths.size();
  const std::size_t columns = topk.size() / positions.size();
  for (std::size_t b = 0; b < lengths.size(); ++b) {
    const int start = golden::StartPosition(inputs, kMaxSeqLen - 256);
    lengths[b] = start + static_cast<int>(tokens);
    for (std::size_t s = 0; s < tokens; ++s) {
      const std::size_t t = b * tokens + s;
      positions[t] = start + static_cast<int>(s);
      golden::FillTopk(inputs, topk.subspan(t * columns, columns), lengths[b] / 4,
                       128 + static_cast<int>(tokens));
    }
  }
}

const auto* const registered =
    tilesmith::Kernel<Args>("csa_index_build")
        .Contract("csa_index_build", "V2")
        .GoldenFiles({"csa_index"})
        .Template("csa_index_build.h", "kernels::CsaIndexBuild", &CsaIndexBuild<Seed{}>)
        .Space("../../search_spaces/csa_index_build.toml")
        .Dim("B", &Args::B)
        .Dim("S", &Args::S)
        .Dim("SCORE_LEN", &Args::SCORE_LEN)
        .Dim("IDX_TOPK", &Args::IDX_TOPK)
        .AlsoCalled("index_topk")
        .Input("position_ids", &Args::position_ids, {"B * S"}, Zeros())
        .Input("kv_seq_lens", &Args::kv_seq_lens, {"B"}, Zeros())
        .Input("topk_idxs", &Args::topk_idxs, {"B", "S", "SCORE_LEN"}, Zeros())
        .Prepare(&FillCase)
        .Output("cmp_sparse_indices", &Args::cmp_sparse_indices, {"B * S", "128 + IDX_TOPK"},
                tilesmith::Exact())
        .Output("valid_block_mask", &Args::valid_block_mask,
                {"B * S", "max(2, ceil_div(128 + IDX_TOPK, 128))"}, tilesmith::Exact())
        .OptionalInFiles()
        .Golden(&CsaIndexBuildGolden)
        .Flops("0")
        .Bytes("4 * (B * S * (1 + 128 + 2 * IDX_TOPK + ceil_div(128 + IDX_TOPK, 128)) + B)")
        .Register();

}  // namespace
}  // namespace kernels
