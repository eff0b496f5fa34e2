#include "kernels/quantise_rows/quantise_rows_golden.h"

#include <cstddef>
#include <span>

#include "kernels/golden/rounding.h"

namespace kernels {

void QuantiseRowsGolden(const QuantiseRowsArgs& a) {
  const auto N = static_cast<std::size_t>(a.N);
  for (std::size_t t = 0; t < static_cast<std::size_t>(a.T); ++t) {
    a.scale[t] = golden::QuantiseRow(std::span(a.v + t * N, N), a.codes + t * N);
  }
}

}  // namespace kernels
