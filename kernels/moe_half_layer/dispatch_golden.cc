#include "kernels/moe_half_layer/dispatch_golden.h"

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string>

namespace kernels {
namespace {

std::size_t Size(int n) { return static_cast<std::size_t>(n); }

}  // namespace

void MoeDispatchGolden(const MoeDispatchArgs& a) {
  const std::size_t D = Size(a.D), top_k = Size(a.TOPK);
  std::fill_n(a.recv_expert_count, a.E, 0);
  for (std::size_t r = 0; r < Size(std::min(a.num_tokens, a.T)) * top_k; ++r) {
    const int expert = a.indices[r], slot = a.recv_expert_count[expert]++;
    if (slot >= a.RECV_MAX) {
      throw std::out_of_range("expert " + std::to_string(expert) + " gets more rows than RECV_MAX");
    }
    const std::size_t row = Size(expert) * Size(a.RECV_MAX) + Size(slot), t = r / top_k;
    std::copy_n(a.x + t * D, D, a.recv_x + row * D);
    a.recv_scale_dq[row] = a.scale[t];
    a.recv_weights[row] = a.weights[r];
    a.recv_route[row] = static_cast<int>(r);
  }
}

void MoeReturnGolden(const MoeReturnArgs& a) {
  const std::size_t D = Size(a.D), rows = Size(a.RECV_MAX);
  for (std::size_t e = 0; e < Size(a.E); ++e) {
    for (std::size_t row = e * rows; row < e * rows + Size(a.recv_expert_count[e]); ++row) {
      std::copy_n(a.recv_y + row * D, D, a.routed_y + Size(a.recv_route[row]) * D);
    }
  }
}

}  // namespace kernels
