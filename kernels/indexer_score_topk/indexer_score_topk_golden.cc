#include "kernels/indexer_score_topk/indexer_score_topk_golden.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/golden/linear.h"
#include "kernels/golden/rounding.h"
#include "kernels/indexer/golden_steps.h"

namespace kernels {
namespace {

constexpr std::size_t kHeads = 64, kDim = 128;

std::size_t Count(std::int64_t n) { return static_cast<std::size_t>(n); }

class Golden {
 public:
  explicit Golden(const IndexerScoreTopKArgs& a)
      : a_(a),
        paged_(a.idx_block_table != nullptr),
        tokens_(Count(a.B) * Count(a.S)),
        weights_(indexer::GoldenHeadWeights({a.x, tokens_ * Count(a.D)},
                                            {a.weights_proj, Count(a.D) * kHeads}, Count(a.D))) {
    ComputeQueries();
  }

  void Run() {
    for (std::size_t b = 0; b < Count(a_.B); ++b) {
      const std::size_t visible = Visible(b);
      for (std::size_t t = b * Count(a_.S); t < (b + 1) * Count(a_.S); ++t) {
        const std::span<float> score(a_.score + t * Count(a_.SCORE_LEN), Count(a_.SCORE_LEN));
        for (std::size_t j = 0; j < visible; ++j) score[j] = Score(b, t, j);
        indexer::GoldenSelect(score, visible, Count(a_.IDX_TOPK), a_.offset,
                              {a_.topk_idxs + t * score.size(), score.size()});
      }
    }
  }

 private:
  // q = rope(qr·wq_b)·hadamard: FP32, but the rotated columns round to bf16 before the product.
  void ComputeQueries() {
    std::vector<float> q =
        golden::MatMul(golden::Widen({a_.qr, tokens_ * Count(a_.QL)}),
                       std::span<const bf16>(a_.wq_b, Count(a_.QL) * kHeads * kDim), Count(a_.QL),
                       golden::Layout::kInputFirst);
    for (std::size_t row = 0; row < tokens_ * kHeads; ++row) {
      const std::size_t angles = paged_ ? row / (Count(a_.S) * kHeads) * 32 : 0;
      indexer::GoldenRotateTail({&q[row * kDim], kDim}, a_.cos + angles, a_.sin + angles);
    }
    q_ = golden::MatMul(q, std::span<const bf16>(a_.hadamard, kDim * kDim), kDim,
                        golden::Layout::kInputFirst);
  }

  // Keys that exist before and within this step.
  std::size_t Visible(std::size_t b) const {
    const int length = paged_ ? a_.kv_seq_lens[b] : a_.start_pos + a_.S;
    return Count(std::min(length / 4, a_.SCORE_LEN));
  }

  float Score(std::size_t b, std::size_t t, std::size_t j) const {
    const auto at = static_cast<std::int64_t>(j);
    const std::int64_t row =
        paged_ ? indexer::GoldenRow(a_.idx_block_table + b * Count(a_.TABLE), a_.PAGE, at)
               : static_cast<std::int64_t>(b) * a_.CACHE_LEN + at;
    if (row < 0) return indexer::kGoldenNegInf;
    const std::span<const bf16> key(a_.idx_kv_cache + Count(row) * kDim, kDim);
    const std::vector<float> products =
        golden::MatMul(std::span<const float>(q_).subspan(t * kHeads * kDim, kHeads * kDim), key,
                       kDim, golden::Layout::kOutputFirst);
    return indexer::GoldenWeigh(products,
                                std::span<const float>(weights_).subspan(t * kHeads, kHeads));
  }

  const IndexerScoreTopKArgs& a_;
  const bool paged_;
  const std::size_t tokens_;
  std::vector<float> weights_, q_;
};

}  // namespace

void IndexerScoreTopKGolden(const IndexerScoreTopKArgs& args) { Golden(args).Run(); }

}  // namespace kernels
