#include "kernels/golden/rounding.h"

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kernels::golden {
namespace {

using testing::ElementsAre;

float Rounded(float value) { return ToFloat(Bf16Rne(value)); }

// --- P1 ---

// 1.00390625 = 1 + 2^-8 and 1.01171875 = 1 + 3·2^-8 lie half way between neighbours 2^-7 apart; the
// even ones are 1 and 1.015625.
TEST(Bf16Rne, TiesGoToEven) {
  EXPECT_EQ(Rounded(1.00390625f), 1.0f);
  EXPECT_EQ(Rounded(1.01171875f), 1.015625f);
  EXPECT_EQ(Rounded(-1.00390625f), -1.0f);
}

TEST(Bf16Rne, OffTiesGoToTheNearest) {
  EXPECT_EQ(Rounded(std::nextafter(1.00390625f, 2.0f)), 1.0078125f);
  EXPECT_EQ(Rounded(std::nextafter(1.01171875f, 1.0f)), 1.0078125f);
}

TEST(Bf16Rne, KeepsWhatIsNoNumber) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(Rounded(kInfinity), kInfinity);
  EXPECT_EQ(Rounded(-kInfinity), -kInfinity);
  // Rounding this one as a number would carry into the sign.
  EXPECT_TRUE(std::isnan(Rounded(std::bit_cast<float>(0x7fffffffu))));
  // And this one has no payload in the upper half.
  EXPECT_TRUE(std::isnan(Rounded(std::bit_cast<float>(0x7f800001u))));
}

TEST(Bf16Rne, OverflowsToInfinity) {
  EXPECT_EQ(Rounded(std::numeric_limits<float>::max()), std::numeric_limits<float>::infinity());
}

// --- ties away ---

float HalfAway(float value) { return ToFloat(Bf16HalfAway(value)); }

// kernels.md §0.3, P1'.
TEST(Bf16HalfAway, TiesGoAway) {
  EXPECT_EQ(HalfAway(1.00390625f), 1.0078125f);
  EXPECT_EQ(HalfAway(1.01171875f), 1.015625f);
  EXPECT_EQ(HalfAway(-1.00390625f), -1.0078125f);
}

TEST(Bf16HalfAway, OffTiesGoToTheNearest) {
  EXPECT_EQ(HalfAway(std::nextafter(1.00390625f, 0.0f)), 1.0f);
  EXPECT_EQ(HalfAway(std::nextafter(-1.00390625f, 0.0f)), -1.0f);
  EXPECT_EQ(HalfAway(std::nextafter(1.00390625f, 2.0f)), 1.0078125f);
}

TEST(Bf16HalfAway, KeepsWhatIsNoNumber) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(HalfAway(-kInfinity), -kInfinity);
  EXPECT_TRUE(std::isnan(HalfAway(std::bit_cast<float>(0x7fffffffu))));
  EXPECT_TRUE(std::isnan(HalfAway(std::bit_cast<float>(0x7f800001u))));
  EXPECT_EQ(HalfAway(std::numeric_limits<float>::max()), kInfinity);
}

TEST(QuantiseRowHalfAway, DiffersFromP2AtTiesOnly) {
  const std::vector<float> row = {127, 62.5f, 63.5f, -62.5f, -0.5f, 62.4f, -62.6f};
  std::vector<std::int8_t> codes(row.size());
  EXPECT_EQ(QuantiseRowHalfAway(row, codes.data()), 1.0f);
  EXPECT_THAT(codes, ElementsAre(127, 63, 64, -63, -1, 62, -63));
}

TEST(QuantiseRowHalfAway, RangesAsP2Does) {
  const std::vector<float> zeros(3, 0.0f), row = {1, -4};
  std::vector<std::int8_t> codes(3, 55);
  EXPECT_EQ(QuantiseRowHalfAway(zeros, codes.data()), QuantiseRow(zeros, codes.data()));
  EXPECT_THAT(codes, ElementsAre(0, 0, 0));
  codes.resize(2);
  EXPECT_EQ(QuantiseRowHalfAway(row, codes.data()), 1.0f / 31.75f);
  EXPECT_THAT(codes, ElementsAre(32, -127));  // 31.75
}

// --- P2 ---

// kernels.md §0.3, P2.
TEST(QuantiseRow, SpecExample) {
  const std::vector<float> row = {.5f, -1, .25f, .0039215f, .126f};
  std::vector<std::int8_t> codes(row.size());
  EXPECT_EQ(QuantiseRow(row, codes.data()), 0.007874015718698502f);
  EXPECT_THAT(codes, ElementsAre(64, -127, 32, 0, 16));
}

// An amax of 127 makes the quotient exactly 1, so 62.5 is a tie.
TEST(QuantiseRow, TiesGoToEven) {
  const std::vector<float> row = {127, 62.5f, 63.5f, -62.5f, -0.5f};
  std::vector<std::int8_t> codes(row.size());
  EXPECT_EQ(QuantiseRow(row, codes.data()), 1.0f);
  EXPECT_THAT(codes, ElementsAre(127, 62, 64, -62, 0));
}

TEST(QuantiseRow, RowOfZerosHasTheSmallestScale) {
  const std::vector<float> row(3, 0.0f);
  std::vector<std::int8_t> codes(row.size(), 55);
  EXPECT_NEAR(QuantiseRow(row, codes.data()), 7.874e-7, 1e-10);
  EXPECT_THAT(codes, ElementsAre(0, 0, 0));
}

// The largest magnitude may be negative.
TEST(QuantiseRow, LargestIsByMagnitude) {
  const std::vector<float> row = {1, -4};
  std::vector<std::int8_t> codes(row.size());
  QuantiseRow(row, codes.data());
  EXPECT_THAT(codes, ElementsAre(32, -127));
}

// 1/(127/amax) is not amax/127: they differ in the last place for some amax.
TEST(QuantiseRow, ScaleIsTheReciprocalOfTheRoundedQuotient) {
  bool differs = false;
  for (float amax = 0.3f; amax < 2; amax += 0.1f) {
    const std::vector<float> row = {amax};
    std::int8_t code = 0;
    const float scale = QuantiseRow(row, &code);
    const float quotient = 127.0f / amax;
    EXPECT_EQ(scale, 1.0f / quotient);
    differs = differs || scale != amax / 127.0f;
  }
  EXPECT_TRUE(differs);
}

// --- P4, P5, P6 ---

// The sum rounds before it is scaled: 2^24 + 1 is no float.
TEST(Dequantise, RoundsTheSumThenEachProduct) {
  EXPECT_EQ(Dequantise((1 << 24) + 1, 1, 1), 16777216.0f);
  EXPECT_EQ(Dequantise(-6, 0.5f, 0.25f), -0.75f);
  // (sum · row) · column: its other associations differ in the last place here.
  const std::int32_t sum = 12345;
  const float row = 0.007874016f, column = 0.1f;
  const volatile float first = 12345.0f * row, other = row * column;
  const volatile float wrong = 12345.0f * other;
  EXPECT_EQ(Dequantise(sum, row, column), first * column);
  EXPECT_NE(Dequantise(sum, row, column), wrong);
}

TEST(InverseRms, OfKnownRows) {
  EXPECT_EQ(InverseRms(std::vector<float>{0, 0, 0, 0}), 1.0f / std::sqrt(1e-6f));
  EXPECT_EQ(InverseRms(std::vector<float>{4, -4, 4, -4}), 1.0f / std::sqrt(16.0f + 1e-6f));
  EXPECT_EQ(InverseRms(std::vector<float>{6, 0, 0, 0}), 1.0f / std::sqrt(9.0f + 1e-6f));
}

// In FP32 the small squares would vanish beside 2^24.
TEST(InverseRms, SumsInFp64) {
  std::vector<float> row(4097, 1.0f);
  row[0] = 4096;
  const float mean = static_cast<float>((1 << 24) + 4096) * (1.0f / 4097);
  EXPECT_EQ(InverseRms(row), 1.0f / std::sqrt(mean + 1e-6f));
}

TEST(Sigmoid, OfKnownValues) {
  EXPECT_EQ(Sigmoid(0), 0.5f);
  EXPECT_FLOAT_EQ(Sigmoid(1), 0.7310585786f);
  EXPECT_FLOAT_EQ(Sigmoid(-1), 0.2689414214f);
  EXPECT_EQ(Sigmoid(200), 1.0f);
  EXPECT_EQ(Sigmoid(-200), 0.0f);
}

TEST(Softplus, OfKnownValues) {
  EXPECT_FLOAT_EQ(Softplus(0), 0.6931471806f);
  EXPECT_FLOAT_EQ(Softplus(1), 1.3132616875f);
  EXPECT_FLOAT_EQ(Softplus(-1), 0.3132616875f);
  EXPECT_EQ(Softplus(200), 200.0f);               // exp(200) is no float
  EXPECT_FLOAT_EQ(Softplus(-20), 2.0611537e-9f);  // log(1 + exp(−20)) is 0 in FP32
}

TEST(Rotate, TurnsEachPairByItsOwnAngle) {
  std::vector<float> tail(64), cos(32), sin(32);
  for (std::size_t i = 0; i < 32; ++i) {
    tail[2 * i] = static_cast<float>(i + 1);
    tail[2 * i + 1] = 0.5f;
    cos[i] = i % 2 == 0 ? 0.0f : 0.5f;
    sin[i] = i % 2 == 0 ? 1.0f : -2.0f;
  }
  Rotate(std::span<float, 64>(tail), cos.data(), sin.data());
  for (std::size_t i = 0; i < 32; ++i) {
    const float x = static_cast<float>(i + 1);
    EXPECT_EQ(tail[2 * i], i % 2 == 0 ? -0.5f : 0.5f * x + 1);
    EXPECT_EQ(tail[2 * i + 1], i % 2 == 0 ? x : -2 * x + 0.25f);
  }
}

// Fused, the odd product would keep its low bits: 1 − (1 + 2^-12)² + … is then not exact zero.
TEST(Rotate, ProductsRoundBeforeTheirSum) {
  const float c = 1 + 0x1p-12f;
  std::vector<float> tail(64, c), cos(32, c), sin(32, c);
  Rotate(std::span<float, 64>(tail), cos.data(), sin.data());
  EXPECT_EQ(tail[0], 0.0f);
  EXPECT_EQ(tail[1], 2 * (1 + 0x1p-11f));  // (1 + 2^-12)² rounds to 1 + 2^-11
}

}  // namespace
}  // namespace kernels::golden
