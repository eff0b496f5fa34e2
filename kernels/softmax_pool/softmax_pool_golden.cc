#include "kernels/softmax_pool/softmax_pool_golden.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace kernels {
namespace {

// P9 in two passes; every operation rounds to FP32, in this order.
float PoolColumn(const float* kv, const float* score, std::size_t slots, std::size_t stride) {
  float largest = -INFINITY;
  for (std::size_t s = 0; s < slots; ++s) largest = std::max(largest, score[s * stride]);
  float sum = 0;
  for (std::size_t s = 0; s < slots; ++s) sum += std::exp(score[s * stride] - largest);
  float pooled = 0;
  for (std::size_t s = 0; s < slots; ++s) {
    const float weight = std::exp(score[s * stride] - largest) / sum;
    pooled += kv[s * stride] * weight;
  }
  return pooled;
}

}  // namespace

void SoftmaxPoolGolden(const SoftmaxPoolArgs& a) {
  const auto slots = static_cast<std::size_t>(a.SLOTS);
  const auto columns = static_cast<std::size_t>(a.HEAD_DIM);
  for (std::size_t w = 0; w < static_cast<std::size_t>(a.WINDOWS); ++w) {
    for (std::size_t c = 0; c < columns; ++c) {
      const std::size_t at = w * slots * columns + c;
      a.pooled[w * columns + c] = PoolColumn(a.kv + at, a.score + at, slots, columns);
    }
  }
}

}  // namespace kernels
