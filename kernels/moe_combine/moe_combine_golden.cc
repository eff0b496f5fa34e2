#include "kernels/moe_combine/moe_combine_golden.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "kernels/golden/linear.h"
#include "kernels/golden/rounding.h"

namespace kernels {
namespace {

std::size_t Size(int n) { return static_cast<std::size_t>(n); }

}  // namespace

void MoeCombineGolden(const MoeCombineArgs& a) {
  const std::size_t D = Size(a.D), top_k = Size(a.TOPK);
  for (std::size_t t = 0; t < Size(a.T); ++t) {
    for (std::size_t d = 0; d < D; ++d) {
      float sum = golden::ToFloat(a.sh[t * D + d]);
      if (t < Size(a.active)) {
        for (std::size_t k = 0; k < top_k; ++k) {
          sum += golden::ToFloat(a.routed_y[(t * top_k + k) * D + d]);  // each sum rounds
        }
      }
      a.ffn_out[t * D + d] = golden::Bf16Rne(sum);
    }
  }
}

void MoeCombineV1Golden(const MoeCombineV1Args& a) {
  const std::size_t D = Size(a.D), rows = Size(a.RECV_MAX);
  std::vector<float> sums = golden::Widen({a.sh, Size(a.T) * D});
  for (std::size_t e = 0; e < Size(a.E_LOC); ++e) {
    for (std::size_t row = e * rows; row < e * rows + Size(a.recv_expert_count[e]); ++row) {
      float* token = sums.data() + Size(a.recv_token[row]) * D;
      for (std::size_t d = 0; d < D; ++d) {
        const float product = golden::ToFloat(a.recv_y[row * D + d]) * a.recv_weights[row];
        token[d] += product;
      }
    }
  }
  std::transform(sums.begin(), sums.end(), a.ffn_out, golden::Bf16Rne);
}

}  // namespace kernels
