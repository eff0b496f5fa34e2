#include "kernels/rope/rope_golden.h"

#include <algorithm>
#include <cstddef>
#include <span>

#include "kernels/golden/rounding.h"

namespace kernels {

void RopeGolden(const RopeArgs& a) {
  const auto H = static_cast<std::size_t>(a.H);
  for (std::size_t t = 0; t < static_cast<std::size_t>(a.T); ++t) {
    for (std::size_t h = 0; h < H; ++h) {
      const std::size_t at = (t * H + h) * 64;
      std::copy_n(a.x + at, 64, a.y + at);
      golden::Rotate(std::span<float, 64>(a.y + at, 64), a.cos + t * 32, a.sin + t * 32);
    }
  }
}

}  // namespace kernels
