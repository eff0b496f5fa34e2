#include "kernels/hc_post/hc_post_golden.h"

#include <cstddef>

#include "kernels/golden/rounding.h"

namespace kernels {
namespace {

float Widen(float value) { return value; }
float Widen(bf16 value) { return golden::ToFloat(value); }
void Narrow(float value, float* to) { *to = value; }
void Narrow(float value, bf16* to) { *to = golden::Bf16Rne(value); }

template <typename Stream>
void Mix(const HcPostArgsOf<Stream>& a) {
  const auto D = static_cast<std::size_t>(a.D), T = static_cast<std::size_t>(a.T);
  const std::size_t active = a.num_tokens < 0 ? T : static_cast<std::size_t>(a.num_tokens);
  for (std::size_t t = 0; t < T; ++t) {
    if (t >= active) {
      for (std::size_t i = 0; i < 4 * D; ++i) Narrow(0, &a.y[4 * t * D + i]);
      continue;
    }
    for (std::size_t o = 0; o < 4; ++o) {
      for (std::size_t d = 0; d < D; ++d) {
        // Every product and every sum rounds to FP32, in this order.
        float sum = Widen(a.x[t * D + d]) * a.post[t * 4 + o];
        for (std::size_t i = 0; i < 4; ++i) {
          const float product = Widen(a.residual[(t * 4 + i) * D + d]) * a.comb[t * 16 + i * 4 + o];
          sum += product;
        }
        Narrow(sum, &a.y[(t * 4 + o) * D + d]);  // bf16 streams: to nearest even
      }
    }
  }
}

}  // namespace

void HcPostGolden(const HcPostArgs& args) { Mix(args); }
void HcPostBf16Golden(const HcPostBf16Args& args) { Mix(args); }

}  // namespace kernels
