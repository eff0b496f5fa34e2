#include "kernels/indexer/golden_steps.h"

#include <algorithm>

#include "kernels/golden/linear.h"
#include "kernels/golden/rounding.h"
#include "kernels/topk/topk_golden.h"

namespace kernels::indexer {

std::vector<float> GoldenHeadWeights(std::span<const bf16> x, std::span<const bf16> weights_proj,
                                     std::size_t D) {
  std::vector<float> weights =
      golden::MatMul(golden::Widen(x), weights_proj, D, golden::Layout::kInputFirst);
  for (float& weight : weights) weight *= 0.011048543456039806f;
  return weights;
}

void GoldenRotateTail(std::span<float> head, const float* cos, const float* sin) {
  const std::span<float, 64> tail = head.last<64>();
  golden::Rotate(tail, cos, sin);
  for (float& value : tail) value = golden::RoundBf16(value);
}

float GoldenWeigh(std::span<const float> scores, std::span<const float> weights) {
  double sum = 0;
  for (std::size_t h = 0; h < scores.size(); ++h) {
    const float product = std::max(scores[h], 0.0f) * weights[h];
    sum += double{product};
  }
  return static_cast<float>(sum);
}

std::int64_t GoldenRow(const std::int32_t* table, std::int64_t page, std::int64_t j) {
  const std::int64_t entry = table[j / page];
  return entry < 0 ? -1 : entry * page + j % page;
}

void GoldenSelect(std::span<float> score, std::size_t visible, std::size_t k, std::int32_t offset,
                  std::span<std::int32_t> topk_idxs) {
  std::ranges::fill(score.subspan(visible), kGoldenNegInf);
  golden::TopKRow(score.first(visible), k, offset, topk_idxs);
}

}  // namespace kernels::indexer
