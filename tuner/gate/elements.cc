#include "tuner/gate/elements.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "results/error.h"

namespace tilesmith {
namespace {

template <typename T>
T Load(const std::byte* data, std::size_t index) {
  T value;
  std::memcpy(&value, data + index * sizeof(T), sizeof(T));
  return value;
}

template <typename T>
void Store(std::byte* data, std::size_t index, T value) {
  std::memcpy(data + index * sizeof(T), &value, sizeof(T));
}

template <typename Int>
Int RoundAndClamp(double value) {
  const double low = static_cast<double>(std::numeric_limits<Int>::min());
  const double high = static_cast<double>(std::numeric_limits<Int>::max());
  const double rounded = std::nearbyint(value);
  // Not std::clamp: the largest int64 is no double, and its neighbour above does not convert.
  if (!(rounded < high)) return std::numeric_limits<Int>::max();
  return static_cast<Int>(std::max(rounded, low));
}

}  // namespace

bf16 RoundToBf16(float value) {
  auto bits = std::bit_cast<std::uint32_t>(value);
  if (value != value) return {static_cast<unsigned short>((bits >> 16) | 0x40u)};
  bits += 0x7fffu + ((bits >> 16) & 1u);
  return {static_cast<unsigned short>(bits >> 16)};
}

float ToFloat(bf16 value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value.bits) << 16);
}

double ReadElement(DType dtype, const std::byte* data, std::size_t index) {
  switch (dtype) {
    case DType::kF32: return static_cast<double>(Load<float>(data, index));
    case DType::kBf16: return static_cast<double>(ToFloat(Load<bf16>(data, index)));
    case DType::kI8: return Load<std::int8_t>(data, index);
    case DType::kU8: return Load<std::uint8_t>(data, index);
    case DType::kI32: return Load<std::int32_t>(data, index);
    case DType::kI64: return static_cast<double>(Load<std::int64_t>(data, index));
  }
  TILESMITH_CHECK(!"a dtype");
  return 0;
}

void WriteElement(DType dtype, std::byte* data, std::size_t index, double value) {
  switch (dtype) {
    case DType::kF32: return Store(data, index, static_cast<float>(value));
    case DType::kBf16: return Store(data, index, RoundToBf16(static_cast<float>(value)));
    case DType::kI8: return Store(data, index, RoundAndClamp<std::int8_t>(value));
    case DType::kU8: return Store(data, index, RoundAndClamp<std::uint8_t>(value));
    case DType::kI32: return Store(data, index, RoundAndClamp<std::int32_t>(value));
    case DType::kI64: return Store(data, index, RoundAndClamp<std::int64_t>(value));
  }
  TILESMITH_CHECK(!"a dtype");
}

std::uint64_t ElementBits(DType dtype, const std::byte* data, std::size_t index) {
  std::uint64_t bits = 0;
  const std::size_t size = SizeOf(dtype);
  std::memcpy(&bits, data + index * size, size);
  return bits;
}

}  // namespace tilesmith
