#include "tuner/gate/elements.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

namespace tilesmith {
namespace {

float Rounded(float value) { return ToFloat(RoundToBf16(value)); }

TEST(Bf16Test, RoundsToNearestTiesToEven) {  // the examples of kernels.md P1
  EXPECT_EQ(Rounded(1.00390625f), 1.0f);
  EXPECT_EQ(Rounded(1.01171875f), 1.015625f);
  EXPECT_EQ(Rounded(std::nextafter(1.00390625f, 2.0f)), 1.0078125f);
  EXPECT_EQ(Rounded(-1.00390625f), -1.0f);
  EXPECT_EQ(Rounded(0.08838834764f), 0.08837890625f);  // P8
}

TEST(Bf16Test, KeepsWhatIsSpecial) {
  const float inf = std::numeric_limits<float>::infinity();
  EXPECT_EQ(Rounded(inf), inf);
  EXPECT_EQ(Rounded(-inf), -inf);
  EXPECT_EQ(RoundToBf16(-0.0f).bits, 0x8000);
  EXPECT_TRUE(std::isnan(Rounded(std::bit_cast<float>(0x7F800001u))));  // payload in the lost half
  EXPECT_TRUE(std::isnan(Rounded(std::bit_cast<float>(0xFFFFFFFFu))));
  EXPECT_EQ(Rounded(std::numeric_limits<float>::max()), inf);
}

double Stored(DType dtype, double value) {
  std::byte data[16] = {};
  WriteElement(dtype, data, 1, value);
  EXPECT_EQ(ElementBits(dtype, data, 0), 0u);
  return ReadElement(dtype, data, 1);
}

TEST(ElementsTest, RoundTrip) {
  EXPECT_EQ(Stored(DType::kF32, 1.5), 1.5);
  EXPECT_EQ(Stored(DType::kBf16, -2.5), -2.5);
  EXPECT_EQ(Stored(DType::kI8, -128), -128);
  EXPECT_EQ(Stored(DType::kU8, 255), 255);
  EXPECT_EQ(Stored(DType::kI32, -2147483648.0), -2147483648.0);
  EXPECT_EQ(Stored(DType::kI64, 0x1p52), 0x1p52);
}

TEST(ElementsTest, RoundToTheType) {
  EXPECT_EQ(Stored(DType::kF32, 1 + 0x1p-24), 1);  // tie to even
  EXPECT_EQ(Stored(DType::kBf16, 1.00390625), 1);
  EXPECT_EQ(Stored(DType::kI8, 2.5), 2);
  EXPECT_EQ(Stored(DType::kI8, 3.5), 4);
  EXPECT_EQ(Stored(DType::kI32, -0.75), -1);
}

TEST(ElementsTest, ClampToTheType) {
  EXPECT_EQ(Stored(DType::kI8, 300), 127);
  EXPECT_EQ(Stored(DType::kI8, -300), -128);
  EXPECT_EQ(Stored(DType::kU8, -1), 0);
  EXPECT_EQ(Stored(DType::kI32, 1e12), 2147483647.0);
  std::byte data[8];
  WriteElement(DType::kI64, data, 0, 1e30);
  EXPECT_EQ(ElementBits(DType::kI64, data, 0), 0x7FFFFFFFFFFFFFFFu);
  WriteElement(DType::kI64, data, 0, -1e30);
  EXPECT_EQ(ElementBits(DType::kI64, data, 0), 0x8000000000000000u);
}

}  // namespace
}  // namespace tilesmith
