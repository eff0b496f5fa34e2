#include "kernels/rms_norm/rms_norm_golden.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "kernels/golden/rounding.h"

namespace kernels {
namespace {

// Chunks of 128 columns: each summed in FP64 and rounded, then added up in FP32, ascending.
float SumOfSquares(const bf16* row, std::size_t D) {
  constexpr std::size_t kChunk = 128;
  float total = 0;
  for (std::size_t begin = 0; begin < D; begin += kChunk) {
    double sum = 0;
    for (std::size_t d = begin; d < std::min(begin + kChunk, D); ++d) {
      const float value = golden::ToFloat(row[d]);
      sum += double{value} * double{value};
    }
    total += static_cast<float>(sum);
  }
  return total;
}

}  // namespace

void RmsNormGolden(const RmsNormArgs& a) {
  const auto D = static_cast<std::size_t>(a.D);
  for (std::size_t t = 0; t < static_cast<std::size_t>(a.T); ++t) {
    const bf16* x = a.x + t * D;
    // P5: the mean is the sum times the FP32 constant 1/D.
    const float mean = SumOfSquares(x, D) * (1.0f / static_cast<float>(D));
    const float inverse = 1.0f / std::sqrt(mean + 1e-6f);
    for (std::size_t d = 0; d < D; ++d) {
      const float normed = golden::ToFloat(x[d]) * inverse;  // rounds, then the product with w
      a.x_normed[t * D + d] = golden::Bf16Rne(normed * golden::ToFloat(a.norm_w[d]));
    }
  }
}

}  // namespace kernels
