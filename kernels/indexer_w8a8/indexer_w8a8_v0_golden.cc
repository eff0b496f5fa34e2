#include "kernels/indexer_w8a8/indexer_w8a8_v0_golden.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/compressor/compressor_golden.h"
#include "kernels/golden/linear.h"
#include "kernels/golden/rounding.h"
#include "kernels/indexer/golden_steps.h"

namespace kernels {
namespace {

constexpr std::size_t kHeads = 64, kDim = 128;

std::size_t Count(std::int64_t n) { return static_cast<std::size_t>(n); }

// INT8 rows and their scales: P2 with halves away from zero.
struct Rows {
  std::vector<std::int8_t> codes;
  std::vector<float> scales;

  Rows(std::span<const float> values, std::size_t columns) : codes(values.size()) {
    for (std::size_t i = 0; i < values.size(); i += columns) {
      scales.push_back(golden::QuantiseRowHalfAway(values.subspan(i, columns), &codes[i]));
    }
  }
};

// qr and its projection in INT8; of the heads only the rotated columns round to bf16.
Rows Queries(const IndexerW8A8V0Args& a) {
  const std::size_t QL = Count(a.QL), row = kHeads * kDim;
  const Rows qr(golden::Widen({a.qr, Count(a.B) * QL}), QL);
  const std::vector<std::int32_t> sums = golden::MatMul(
      std::span<const std::int8_t>(qr.codes), std::span<const std::int8_t>(a.wq_b, QL * row), QL,
      golden::Layout::kInputFirst);
  std::vector<float> q(sums.size());
  for (std::size_t i = 0; i < q.size(); ++i) {
    q[i] = golden::Dequantise(sums[i], qr.scales[i / row], a.wq_b_scale[i % row]);
  }
  for (std::size_t i = 0; i < q.size(); i += kDim) {
    indexer::GoldenRotateTail({&q[i], kDim}, a.cos, a.sin);
  }
  return Rows(golden::MatMul(q, std::span<const bf16>(a.hadamard, kDim * kDim), kDim,
                             golden::Layout::kInputFirst),
              kDim);
}

// Σ_h relu((a·q_s)·kv_s)·w.
float Score(std::span<const std::int8_t> q, std::span<const float> q_scale, const Rows& key,
            std::span<const float> weights) {
  const std::vector<std::int32_t> sums = golden::MatMul(q, std::span<const std::int8_t>(key.codes),
                                                        kDim, golden::Layout::kOutputFirst);
  std::array<float, kHeads> scores;
  for (std::size_t h = 0; h < kHeads; ++h) {
    scores[h] = golden::Dequantise(sums[h], q_scale[h], key.scales[0]);
  }
  return indexer::GoldenWeigh(scores, weights);
}

}  // namespace

void IndexerW8A8V0Golden(const IndexerW8A8V0Args& a) {
  // Its new key is visible to this very step.
  compressor::ContiguousGolden(indexer_v0::CompressorOf(a));
  const Rows q = Queries(a);
  const std::vector<float> weights = indexer::GoldenHeadWeights(
      {a.x, Count(a.B) * Count(a.D)}, {a.weights_proj, Count(a.D) * kHeads}, Count(a.D));
  const std::size_t visible = Count(std::min((a.start_pos + 1) / 4, a.SCORE_LEN));
  for (std::size_t b = 0; b < Count(a.B); ++b) {
    const std::span<float> score(a.score + b * Count(a.SCORE_LEN), Count(a.SCORE_LEN));
    for (std::size_t j = 0; j < visible; ++j) {
      const bf16* key = a.idx_kv_cache + (b * Count(a.CACHE_LEN) + j) * kDim;
      score[j] = Score(std::span(q.codes).subspan(b * kHeads * kDim, kHeads * kDim),
                       std::span(q.scales).subspan(b * kHeads, kHeads),
                       Rows(golden::Widen({key, kDim}), kDim),
                       std::span(weights).subspan(b * kHeads, kHeads));
    }
    indexer::GoldenSelect(score, visible, Count(a.IDX_TOPK), a.offset,
                          {a.topk_idxs + b * score.size(), score.size()});
  }
}

}  // namespace kernels
