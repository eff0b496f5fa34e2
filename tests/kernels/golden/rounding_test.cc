#include "kernels/golden/rounding.h"

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kernels::golden {
namespace {

using testing::ElementsAre;

float Rounded(float value) { return ToFloat(Bf16Rne(value)); }

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

}  // namespace
}  // namespace kernels::golden
