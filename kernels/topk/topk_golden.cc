#include "kernels/topk/topk_golden.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace kernels {

namespace golden {

void TopKRow(std::span<const float> scores, std::size_t k, std::int32_t offset,
             std::span<std::int32_t> to) {
  std::vector<std::int32_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
    return scores[static_cast<std::size_t>(a)] > scores[static_cast<std::size_t>(b)];
  });
  std::fill(to.begin(), to.end(), -1);
  for (std::size_t j = 0; j < std::min({k, scores.size(), to.size()}); ++j) {
    to[j] = offset + order[j];
  }
}

}  // namespace golden

void TopKGolden(const TopKArgs& a) {
  const auto L = static_cast<std::size_t>(a.L);
  const auto K = static_cast<std::size_t>(a.K);
  for (std::size_t row = 0; row < static_cast<std::size_t>(a.ROWS); ++row) {
    golden::TopKRow({a.score + row * L, static_cast<std::size_t>(a.valid[row])}, K, 0,
                    {a.idx + row * K, K});
  }
}

}  // namespace kernels
