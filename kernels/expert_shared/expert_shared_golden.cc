#include "kernels/expert_shared/expert_shared_golden.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/golden/rounding.h"

namespace kernels {
namespace {

// Exact: at most 133144 products of 127² fit in int32.
std::int32_t Dot(const std::int8_t* a, const std::int8_t* b, std::size_t n) {
  std::int32_t sum = 0;
  for (std::size_t k = 0; k < n; ++k) sum += std::int32_t{a[k]} * std::int32_t{b[k]};
  return sum;
}

// P4. The sum rounds to FP32, then each product.
float Dequantise(std::int32_t sum, float row_scale, float column_scale) {
  const float scaled = static_cast<float>(sum) * row_scale;
  return scaled * column_scale;
}

// silu(gate)·up = (g·sigmoid(g))·u; every operation rounds to FP32.
float Swiglu(float gate, float up, float limit) {
  if (limit > 0) {
    gate = std::min(gate, limit);
    up = std::clamp(up, -limit, limit);
  }
  const float sigmoid = 1.0f / (1.0f + std::exp(-gate));
  return (gate * sigmoid) * up;
}

}  // namespace

void ExpertSharedGolden(const ExpertSharedArgs& a) {
  const auto T = static_cast<std::size_t>(a.T);
  const auto D = static_cast<std::size_t>(a.D);
  const auto MI = static_cast<std::size_t>(a.MI);
  std::vector<float> h(MI);
  std::vector<std::int8_t> codes(MI);
  for (std::size_t t = 0; t < T; ++t) {
    const std::int8_t* x = a.x_local_i8 + t * D;
    for (std::size_t n = 0; n < MI; ++n) {
      const float g =
          Dequantise(Dot(x, a.shared_w1 + n * D, D), a.x_local_scale_dq[t], a.shared_w1_scale[n]);
      const float u =
          Dequantise(Dot(x, a.shared_w3 + n * D, D), a.x_local_scale_dq[t], a.shared_w3_scale[n]);
      h[n] = Swiglu(g, u, a.swiglu_limit);
    }
    const float h_scale = golden::QuantiseRow(h, codes.data());
    for (std::size_t d = 0; d < D; ++d) {
      const std::int32_t sum = Dot(codes.data(), a.shared_w2 + d * MI, MI);
      a.sh[t * D + d] = golden::Bf16Rne(Dequantise(sum, h_scale, a.shared_w2_scale[d]));
    }
  }
}

}  // namespace kernels
