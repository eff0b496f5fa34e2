#include "tuner/gate/comparators.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tuner/gate/elements.h"

namespace tilesmith {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

template <typename T>
Judgement JudgeAll(const Comparator& rule, const std::vector<T>& expected,
                   const std::vector<T>& actual, std::vector<std::int64_t> shape = {}) {
  Operand operand;
  operand.name = "y";
  operand.dtype = DTypeOf<T>();
  operand.direction = Direction::kOutput;
  operand.comparator = rule;
  if (shape.empty()) shape = {static_cast<std::int64_t>(expected.size())};
  return Judge(operand, operand.comparator, shape,
               reinterpret_cast<const std::byte*>(expected.data()),
               reinterpret_cast<const std::byte*>(actual.data()));
}

template <typename T = float>
bool Accepts(const Comparator& rule, T expected, T actual) {
  return JudgeAll<T>(rule, {expected}, {actual}).ok;
}

float Above(float x) { return std::nextafter(x, kInf); }
float Below(float x) { return std::nextafter(x, -kInf); }

/// n ones, the first `misses` of them off by `error`.
bool AcceptsMisses(const Comparator& rule, std::size_t n, std::size_t misses, float error = 1) {
  const std::vector<float> expected(n, 1);
  std::vector<float> actual = expected;
  for (std::size_t i = 0; i < misses; ++i) actual[i] += error;
  return JudgeAll(rule, expected, actual).ok;
}

// --- allclose ---

TEST(AllCloseTest, AcceptsUpToItsBoundOnBothSides) {
  const Comparator rule = AllClose(0.5, 0);
  EXPECT_TRUE(Accepts(rule, 1.0f, 1.5f));
  EXPECT_TRUE(Accepts(rule, 1.0f, 0.5f));
  EXPECT_FALSE(Accepts(rule, 1.0f, Above(1.5f)));
  EXPECT_FALSE(Accepts(rule, 1.0f, Below(0.5f)));
}

TEST(AllCloseTest, RelativePartIsOfTheExpectedMagnitude) {
  const Comparator rule = AllClose(0, 0.25);
  EXPECT_TRUE(Accepts(rule, -4.0f, -5.0f));
  EXPECT_FALSE(Accepts(rule, -4.0f, Below(-5.0f)));
  EXPECT_FALSE(Accepts(rule, -5.0f, Above(-3.75f)));
  EXPECT_TRUE(Accepts(AllClose(1, 0.25), 4.0f, 6.0f));  // the parts add up
  EXPECT_FALSE(Accepts(AllClose(1, 0.25), 4.0f, Above(6.0f)));
  EXPECT_FALSE(Accepts(rule, 0.0f, 1e-30f));
}

// --- ratio_allclose ---

TEST(RatioAllCloseTest, RoundsTheAllowanceHalfToEven) {
  const Comparator rule = RatioAllClose(0.5, 0, 0.005);
  EXPECT_FALSE(AcceptsMisses(rule, 100, 1));  // round(0.5) = 0
  EXPECT_TRUE(AcceptsMisses(rule, 300, 2));   // round(1.5) = 2
  EXPECT_FALSE(AcceptsMisses(rule, 300, 3));
  EXPECT_TRUE(AcceptsMisses(rule, 500, 2));  // round(2.5) = 2
  EXPECT_FALSE(AcceptsMisses(rule, 500, 3));
}

TEST(RatioAllCloseTest, WithoutAnyToleranceAMissIsStillOneMiss) {
  EXPECT_TRUE(AcceptsMisses(RatioAllClose(0, 0, 0.01), 100, 1));
  EXPECT_FALSE(AcceptsMisses(RatioAllClose(0, 0, 0.01), 100, 2));
}

// --- ratio_reldiff, kernels.md (a) ---

TEST(RatioRelDiffTest, SmallDifferencesAreAbsolute) {
  const Comparator rule = RatioRelDiff(0x1p-9, 0);
  EXPECT_TRUE(Accepts(rule, 0.0f, Below(0x1p-9f)));  // however large relatively
  EXPECT_FALSE(Accepts(rule, 0.0f, 0x1p-9f));        // from the threshold on it is relative
}

TEST(RatioRelDiffTest, LargeDifferencesAreRelativeToTheLargerOfTheTwo) {
  const Comparator rule = RatioRelDiff(0.125, 0);
  EXPECT_TRUE(Accepts(rule, 7.0f, 8.0f));  // 1 / (8 + 1e-9)
  EXPECT_TRUE(Accepts(rule, 8.0f, 7.0f));
  EXPECT_FALSE(Accepts(rule, 6.99f, 8.0f));
  EXPECT_FALSE(Accepts(rule, 7.0f, -8.0f));
}

TEST(RatioRelDiffTest, TheDenominatorHasAFloor) {
  // Threshold 2^-9 makes the floor 2^-14 / 2^-9 = 2^-5, so 2^-6 against 0 counts as just below 1/2.
  EXPECT_TRUE(Accepts(RatioRelDiff(0x1p-9, 1, 0.5), 0.0f, 0x1p-6f));
  EXPECT_FALSE(Accepts(RatioRelDiff(0x1p-9, 1, 0.4999), 0.0f, 0x1p-6f));
}

TEST(RatioRelDiffTest, AllowsAShareOfMissesWithoutRounding) {
  const Comparator rule = RatioRelDiff(0x1p-9, 0.01);
  EXPECT_TRUE(AcceptsMisses(rule, 100, 1));
  EXPECT_FALSE(AcceptsMisses(rule, 100, 2));
  EXPECT_FALSE(AcceptsMisses(rule, 99, 1));
}

TEST(RatioRelDiffTest, NoDifferenceMayReachTheCap) {
  EXPECT_TRUE(Accepts(RatioRelDiff(0x1p-9, 1), 1.0f, 1000.0f));
  EXPECT_FALSE(Accepts(RatioRelDiff(0x1p-9, 1, 0.9), 1.0f, 1000.0f));
  EXPECT_FALSE(Accepts(RatioRelDiff(0.5, 1, 0.25), 0.0f, 0.25f));  // also one that is a hit
  EXPECT_TRUE(Accepts(RatioRelDiff(0.5, 1, 0.25), 0.0f, Below(0.25f)));
}

// --- ulp, codes, exact ---

TEST(UlpTest, CountsFloatsBetween) {
  const float one_up = Above(1.0f), two_up = Above(one_up), three_up = Above(two_up);
  EXPECT_TRUE(Accepts(Ulp(2), 1.0f, one_up));
  EXPECT_TRUE(Accepts(Ulp(2), 1.0f, two_up));
  EXPECT_FALSE(Accepts(Ulp(2), 1.0f, three_up));
}

TEST(UlpTest, CountsAcrossZero) {
  const float tiny = std::numeric_limits<float>::denorm_min();
  EXPECT_TRUE(Accepts(Ulp(2), -tiny, tiny));
  EXPECT_FALSE(Accepts(Ulp(1), -tiny, tiny));
  EXPECT_TRUE(Accepts(Ulp(0), -0.0f, 0.0f));
  EXPECT_FALSE(Accepts(Ulp(1000), -1.0f, 1.0f));
}

TEST(UlpTest, IsOfTheOperandsOwnType) {
  EXPECT_TRUE(Accepts(Ulp(1), bf16{0x3F80}, bf16{0x3F81}));
  EXPECT_FALSE(Accepts(Ulp(1), bf16{0x3F80}, bf16{0x3F82}));
  EXPECT_TRUE(Accepts(Ulp(2), bf16{0x8001}, bf16{0x0001}));
}

TEST(CodesTest, BoundsTheDistanceAndTheShareOfMisses) {
  EXPECT_TRUE(Accepts<std::int8_t>(Codes(1), -128, -127));
  EXPECT_FALSE(Accepts<std::int8_t>(Codes(1), -128, -126));
  EXPECT_FALSE(Accepts<std::int8_t>(Codes(1), -128, 127));  // no wrap-around
  EXPECT_TRUE(AcceptsMisses(Codes(0, 0.01), 100, 1));
  EXPECT_FALSE(AcceptsMisses(Codes(0, 0.01), 100, 2));
}

TEST(ExactTest, ComparesBits) {
  EXPECT_TRUE(Accepts(Exact(), 1.0f, 1.0f));
  EXPECT_FALSE(Accepts(Exact(), 1.0f, Above(1.0f)));
  EXPECT_FALSE(Accepts(Exact(), 0.0f, -0.0f));
  EXPECT_FALSE(Accepts<std::int64_t>(Exact(), std::int64_t{1} << 60, (std::int64_t{1} << 60) + 1));
}

// --- values that are not finite ---

class NonFiniteTest : public testing::TestWithParam<Comparator> {};

INSTANTIATE_TEST_SUITE_P(Rules, NonFiniteTest,
                         testing::Values(Exact(), AllClose(1e30, 1e30), RatioAllClose(1e30, 1, 1),
                                         RatioRelDiff(1e30, 1), Ulp(1e30), Codes(1e30, 1)),
                         [](const auto& param) {
                           const std::string name = param.param.ToString();
                           return name.substr(0, name.find('('));
                         });

TEST_P(NonFiniteTest, PassOnlyWhereTheGoldenHasTheSame) {
  const float largest = std::numeric_limits<float>::max();
  EXPECT_TRUE(Accepts(GetParam(), kInf, kInf));
  EXPECT_TRUE(Accepts(GetParam(), -kInf, -kInf));
  EXPECT_TRUE(Accepts(GetParam(), kNan, kNan));
  EXPECT_FALSE(Accepts(GetParam(), 1.0f, kNan));
  EXPECT_FALSE(Accepts(GetParam(), kNan, 1.0f));
  EXPECT_FALSE(Accepts(GetParam(), 1.0f, kInf));
  EXPECT_FALSE(Accepts(GetParam(), largest, kInf));
  EXPECT_FALSE(Accepts(GetParam(), kInf, largest));
  EXPECT_FALSE(Accepts(GetParam(), kInf, -kInf));
  EXPECT_FALSE(Accepts(GetParam(), kInf, kNan));
}

TEST(JudgeTest, NanIsNeverAmongTheAllowedMisses) {
  std::vector<float> actual(1000, 1);
  actual[7] = kNan;
  EXPECT_FALSE(JudgeAll(RatioAllClose(1, 1, 0.5), std::vector<float>(1000, 1), actual).ok);
  EXPECT_FALSE(JudgeAll(RatioRelDiff(1, 0.5), std::vector<float>(1000, 1), actual).ok);
}

// --- what is reported ---

TEST(JudgeTest, NamesTheWorstElement) {
  std::vector<float> actual(24, 1);
  actual[3] = 1.5f;
  actual[23] = 3;
  const Judgement judged =
      JudgeAll(AllClose(0.25, 0), std::vector<float>(24, 1), actual, {2, 3, 4});
  EXPECT_THAT(judged.message, StartsWith("y[1,2,3] expected 1, got 3; 2 of 24 elements miss "
                                         "allclose(0.25,0), 0 may"));
}

TEST(JudgeTest, NamesTheBoxOfAllMisses) {
  const std::vector<float> expected(24, 1);
  std::vector<float> actual = expected;
  actual[6] = 3;  // [0,1,2]
  EXPECT_THAT(JudgeAll(AllClose(0.25, 0), expected, actual, {2, 3, 4}).message,
              Not(HasSubstr("all lie in")));
  actual[11] = 2;       // [0,2,3]
  actual[5] = 1.0625f;  // a hit
  EXPECT_THAT(JudgeAll(AllClose(0.25, 0), expected, actual, {2, 3, 4}).message,
              EndsWith("0 may; all lie in y[0,1..2,2..3]"));
  actual[20] = 2;  // [1,2,0]
  EXPECT_THAT(JudgeAll(AllClose(0.25, 0), expected, actual, {2, 3, 4}).message,
              EndsWith("all lie in y[0..1,1..2,0..3]"));
}

TEST(JudgeTest, TellsWhatWasNeverWritten) {
  Operand y;
  y.dtype = DType::kF32;
  y.direction = Direction::kOutput;
  std::vector<float> actual(8, 1);
  Poison(y, 0, reinterpret_cast<std::byte*>(&actual[5]), 12);
  const Judgement judged = JudgeAll(AllClose(1, 1), std::vector<float>(8, 1), actual);
  EXPECT_THAT(judged.message, StartsWith("y[5] was never written (expected 1); 3 of 8"));
}

TEST(JudgeTest, TellsWhatIsMadeOfUnwrittenScratch) {
  for (const DType dtype : {DType::kF32, DType::kBf16}) {
    Operand y{"y", dtype, Direction::kOutput, {}, {}, AllClose(1, 1), false, false, {}};
    Operand scratch = y;
    scratch.direction = Direction::kScratch;
    std::byte value[4], expected[4] = {};
    Poison(scratch, 0, value, SizeOf(dtype));
    const double sum = ReadElement(dtype, value, 0) + 1.0;  // arithmetic keeps a NaN's payload
    WriteElement(dtype, value, 0, sum);
    EXPECT_THAT(Judge(y, y.comparator, {1}, expected, value).message,
                HasSubstr("y[0] is made of scratch that was never written"));
  }
}

TEST(JudgeTest, ReportsTheShareOfTheErrorAllowed) {
  EXPECT_DOUBLE_EQ(JudgeAll<float>(AllClose(1, 0), {0, 0}, {0.25f, -0.5f}).error_share, 0.5);
  EXPECT_DOUBLE_EQ(JudgeAll<float>(AllClose(1, 0), {1, 2}, {1, 2}).error_share, 0);
  EXPECT_EQ(JudgeAll<float>(AllClose(1, 0), {0}, {2}).error_share, kInf);
}

TEST(JudgeTest, ReportsTheShareOfZeros) {
  EXPECT_DOUBLE_EQ(JudgeAll<float>(Exact(), {0, -0.0f, 1, 2}, {0, -0.0f, 1, 2}).zero_share, 0.5);
  EXPECT_DOUBLE_EQ(JudgeAll<std::int8_t>(Codes(1), {1, 1, 1, 1}, {0, 0, 0, 1}).zero_share, 0.75);
}

TEST(JudgeTest, AcceptsAnEmptyOutput) { EXPECT_TRUE(JudgeAll<float>(Exact(), {}, {}, {0, 5}).ok); }

TEST(ElementNameTest, IsRowMajor) {
  EXPECT_EQ(ElementName("y", {4, 2, 4096}, 3 * 8192 + 4096 + 4095), "y[3,1,4095]");
  EXPECT_EQ(ElementName("sum", {}, 0), "sum[]");
}

TEST(PoisonTest, IsNanForFloatsAndChangesForIntegers) {
  for (const DType dtype : {DType::kF32, DType::kBf16}) {
    for (const Direction direction : {Direction::kOutput, Direction::kScratch}) {
      Operand operand;
      operand.dtype = dtype;
      operand.direction = direction;
      std::byte data[8];
      Poison(operand, 0, data, sizeof data);
      for (std::size_t i = 0; i < sizeof data / SizeOf(dtype); ++i) {
        EXPECT_TRUE(std::isnan(ReadElement(dtype, data, i)));
      }
    }
  }
  Operand codes;
  codes.dtype = DType::kI8;
  std::int8_t even[2], odd[2];
  Poison(codes, 0, reinterpret_cast<std::byte*>(even), 2);
  Poison(codes, 1, reinterpret_cast<std::byte*>(odd), 2);
  EXPECT_NE(even[0], odd[0]);
  EXPECT_NE(even[1], odd[1]);
}

}  // namespace
}  // namespace tilesmith
