#include "kernels/golden/rounding.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace kernels::golden {

bf16 Bf16Rne(float value) {
  std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  if (std::isnan(value)) {
    bits |= 0x00400000u;  // adding to a NaN could carry it into another number
  } else {
    bits += 0x7fffu + ((bits >> 16) & 1u);
  }
  return bf16{static_cast<unsigned short>(bits >> 16)};
}

float ToFloat(bf16 value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value.bits) << 16);
}

float QuantiseRow(std::span<const float> row, std::int8_t* codes) {
  float amax = 1e-4f;
  for (float value : row) amax = std::max(amax, std::fabs(value));
  const float scale = 127.0f / amax;  // rounds
  for (float value : row) {
    *codes++ =
        static_cast<std::int8_t>(std::nearbyint(value * scale));  // the product rounds, then rint
  }
  return 1.0f / scale;  // rounds again
}

}  // namespace kernels::golden
