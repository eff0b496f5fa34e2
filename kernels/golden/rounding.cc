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

bf16 Bf16HalfAway(float value) {
  std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  if (std::isnan(value)) {
    bits |= 0x00400000u;
  } else {
    bits += 0x8000u;
  }
  return bf16{static_cast<unsigned short>(bits >> 16)};
}

float RoundBf16(float value) { return ToFloat(Bf16Rne(value)); }

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

float QuantiseRowHalfAway(std::span<const float> row, std::int8_t* codes) {
  float amax = 1e-4f;
  for (float value : row) amax = std::max(amax, std::fabs(value));
  const float scale = 127.0f / amax;
  for (float value : row) {
    const float scaled = value * scale;
    *codes++ =
        static_cast<std::int8_t>(std::copysign(std::floor(std::fabs(scaled) + 0.5f), scaled));
  }
  return 1.0f / scale;
}

float InverseRms(std::span<const float> row) {
  double sum = 0;
  for (float value : row) sum += static_cast<double>(value) * value;
  const float mean = static_cast<float>(sum) * (1.0f / static_cast<float>(row.size()));
  return 1.0f / std::sqrt(mean + 1e-6f);
}

float Sigmoid(float x) { return 1.0f / (1.0f + std::exp(-x)); }

float Softplus(float x) { return std::max(x, 0.0f) + std::log1p(std::exp(-std::fabs(x))); }

float Dequantise(std::int32_t sum, float row_scale, float column_scale) {
  const float scaled = static_cast<float>(sum) * row_scale;
  return scaled * column_scale;
}

void Rotate(std::span<float, 64> tail, const float* cos, const float* sin) {
  for (std::size_t i = 0; i < 32; ++i) {
    const float even = tail[2 * i], odd = tail[2 * i + 1];
    const float even_cos = even * cos[i], odd_sin = odd * sin[i];
    const float even_sin = even * sin[i], odd_cos = odd * cos[i];
    tail[2 * i] = even_cos - odd_sin;
    tail[2 * i + 1] = even_sin + odd_cos;
  }
}

}  // namespace kernels::golden
