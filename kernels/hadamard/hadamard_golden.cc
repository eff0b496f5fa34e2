#include "kernels/hadamard/hadamard_golden.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "kernels/golden/linear.h"
#include "kernels/golden/rounding.h"

namespace kernels {

void HadamardGolden(const HadamardArgs& a) {
  const auto N = static_cast<std::size_t>(a.N);
  std::vector<float> x(a.x, a.x + static_cast<std::size_t>(a.ROWS) * N);
  std::transform(x.begin(), x.end(), x.begin(), golden::RoundBf16);
  const std::vector<float> y =
      golden::MatMul(x, std::span(a.hadamard, N * N), N, golden::Layout::kInputFirst);
  std::copy(y.begin(), y.end(), a.y);
}

}  // namespace kernels
