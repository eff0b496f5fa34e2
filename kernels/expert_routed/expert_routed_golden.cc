#include "kernels/expert_routed/expert_routed_golden.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/golden/linear.h"
#include "kernels/golden/rounding.h"

namespace kernels {
namespace {

using golden::Dequantise;
using golden::Layout;

std::size_t Size(int n) { return static_cast<std::size_t>(n); }

// silu(gate)·up = (g·sigmoid(g))·u; every operation rounds to FP32.
float Swiglu(float gate, float up, float limit) {
  if (limit > 0) {
    gate = std::min(gate, limit);
    up = std::clamp(up, -limit, limit);
  }
  return (gate * golden::Sigmoid(gate)) * up;
}

// Row `row` of expert e, counted over all experts.
void Row(const ExpertRoutedArgs& a, std::size_t e, std::size_t row) {
  const std::size_t D = Size(a.D), MI = Size(a.MI);
  const std::span x(a.recv_x + row * D, D);
  const std::vector<std::int32_t> gates =
      golden::MatMul(x, std::span(a.routed_w1 + e * MI * D, MI * D), D, Layout::kOutputFirst);
  const std::vector<std::int32_t> ups =
      golden::MatMul(x, std::span(a.routed_w3 + e * MI * D, MI * D), D, Layout::kOutputFirst);
  std::vector<float> h(MI);
  for (std::size_t n = 0; n < MI; ++n) {
    const float g = Dequantise(gates[n], a.recv_scale_dq[row], a.routed_w1_scale[e * MI + n]);
    const float u = Dequantise(ups[n], a.recv_scale_dq[row], a.routed_w3_scale[e * MI + n]);
    h[n] = Swiglu(g, u, a.swiglu_limit);
  }
  std::vector<std::int8_t> codes(MI);
  const float row_scale = golden::QuantiseRow(h, codes.data()) * a.recv_weights[row];  // rounds
  const std::vector<std::int32_t> sums =
      golden::MatMul(std::span<const std::int8_t>(codes),
                     std::span(a.routed_w2 + e * D * MI, D * MI), MI, Layout::kOutputFirst);
  for (std::size_t d = 0; d < D; ++d) {
    a.recv_y[row * D + d] =
        golden::Bf16Rne(Dequantise(sums[d], row_scale, a.routed_w2_scale[e * D + d]));
  }
}

}  // namespace

void ExpertRoutedGolden(const ExpertRoutedArgs& a) {
  const std::size_t rows = Size(a.RECV_MAX), D = Size(a.D);
  std::fill_n(a.recv_y, Size(a.E_LOC) * rows * D, bf16{});
  for (std::size_t e = 0; e < Size(a.E_LOC); ++e) {
    for (std::size_t r = 0; r < Size(a.recv_expert_count[e]); ++r) Row(a, e, e * rows + r);
  }
}

}  // namespace kernels
