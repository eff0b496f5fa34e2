#include "results/statistics.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "tests/results/synthetic_noise.h"

namespace tilesmith {
namespace {

using synthetic::Noise;
using synthetic::NoiseKind;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<double> OneTo(int n) {
  std::vector<double> values;
  for (int i = n; i >= 1; --i) values.push_back(i);  // descending: nothing may rely on order
  return values;
}

TEST(Median, OddEvenAndSingle) {
  EXPECT_EQ(Median({3, 1, 2}), 2);
  EXPECT_EQ(Median({4, 1, 3, 2}), 2.5);
  EXPECT_EQ(Median({7}), 7);
  EXPECT_EQ(Median({5, 5, 1, 5}), 5);
}

TEST(MedianDeathTest, NeedsValues) { EXPECT_DEATH(Median({}), "empty"); }

TEST(RobustDeviation, IgnoresOneOutlier) {
  // Deviations from 3: 2 1 0 1 997; their median is 1.
  EXPECT_DOUBLE_EQ(RobustDeviation({1, 2, 3, 4, 1000}), 1.4826);
  EXPECT_EQ(RobustDeviation({5, 5, 5}), 0);
}

TEST(RobustDeviation, IsTheStandardDeviationOfNormalData) {
  Noise noise(NoiseKind::kNormal, 0.25, 11);
  std::vector<double> values;
  for (int i = 0; i < 20'000; ++i) values.push_back(noise.Next());
  EXPECT_NEAR(RobustDeviation(values), 0.25, 0.01);
}

// Ranks of the sign test's table at 95 %: 2·P(X < r) is 2/64 at n = 6, 22/1024 at n = 10 (112/1024
// at the next rank), and at n = 60 the classic pair is 22 and 39.
TEST(MedianInterval, ExactRanks) {
  EXPECT_EQ(MedianInterval(OneTo(6), 0.95).low, 1);
  EXPECT_EQ(MedianInterval(OneTo(6), 0.95).high, 6);
  EXPECT_EQ(MedianInterval(OneTo(10), 0.95).low, 2);
  EXPECT_EQ(MedianInterval(OneTo(10), 0.95).high, 9);
  EXPECT_EQ(MedianInterval(OneTo(60), 0.95).low, 22);
  EXPECT_EQ(MedianInterval(OneTo(60), 0.95).high, 39);
}

TEST(MedianInterval, ExactAtTheBoundary) {
  EXPECT_EQ(MedianInterval(OneTo(6), 1 - 2.0 / 64).low, 1);
  EXPECT_EQ(MedianInterval(OneTo(6), 1 - 1.99 / 64).low, -kInfinity);
  EXPECT_EQ(MedianInterval(OneTo(10), 1 - 22.0 / 1024).low, 2);
  EXPECT_EQ(MedianInterval(OneTo(10), 1 - 21.9 / 1024).low, 1);
}

TEST(MedianInterval, UnboundedWhenTooFew) {
  for (int n = 0; n <= 5; ++n) {
    EXPECT_EQ(MedianInterval(OneTo(n), 0.95).low, -kInfinity) << n;
    EXPECT_EQ(MedianInterval(OneTo(n), 0.95).high, kInfinity) << n;
  }
}

// 2^-5000 is no double. r is n/2 − 0.98·sqrt(n) to within one rank there: 2430.7.
TEST(MedianInterval, ManyValues) {
  const Interval interval = MedianInterval(OneTo(5000), 0.95);
  EXPECT_NEAR(interval.low, 2430.7, 1.5);
  EXPECT_EQ(interval.low + interval.high, 5001);
}

TEST(MedianInterval, NeverCrosses) {
  for (int n = 2; n <= 40; ++n) {
    const Interval interval = MedianInterval(OneTo(n), 1e-9);
    EXPECT_LE(interval.low, interval.high) << n;
    EXPECT_GE(interval.low, 1) << n;
  }
}

TEST(LogRatios, SecondOverFirst) {
  const std::vector<float> a = {1, 2, 4}, b = {2, 2, 1};
  const std::vector<double> ratios = LogRatios(a, b);
  EXPECT_DOUBLE_EQ(ratios[0], std::log(2.0));
  EXPECT_DOUBLE_EQ(ratios[1], 0);
  EXPECT_DOUBLE_EQ(ratios[2], -std::log(4.0));
}

TEST(LogRatiosDeathTest, RejectsWhatIsNoTime) {
  const std::vector<float> good = {1, 1}, zero = {1, 0}, one = {1};
  const std::vector<float> nan = {1, std::numeric_limits<float>::quiet_NaN()};
  const std::vector<float> infinite = {1, std::numeric_limits<float>::infinity()};
  EXPECT_DEATH(LogRatios(good, one), "size");
  EXPECT_DEATH(LogRatios(good, zero), "> 0");
  EXPECT_DEATH(LogRatios(nan, good), "> 0");
  EXPECT_DEATH(LogRatios(good, infinite), "kMax");
}

// Twelve pairs whose ratios baseline / candidate spread evenly over center ± spread.
Comparison CompareAround(double center, double spread) {
  std::vector<float> baseline, candidate;
  for (int i = 0; i < 12; ++i) {
    baseline.push_back(static_cast<float>(1000 * (center + spread * (2 * i - 11) / 11)));
    candidate.push_back(1000);
  }
  return Compare(baseline, candidate, 0.95, 0.01);
}

TEST(Compare, SpeedupIsBaselineOverCandidate) {
  const Comparison c = CompareAround(1.25, 0.01);
  EXPECT_NEAR(c.speedup, 1.25, 1e-3);
  EXPECT_GT(c.ci_low, 1.24 - 1e-3);
  EXPECT_LT(c.ci_high, 1.26 + 1e-3);
}

TEST(Compare, Verdicts) {
  EXPECT_EQ(CompareAround(1.05, 0.02).verdict, Verdict::kWin);
  EXPECT_EQ(CompareAround(0.95, 0.02).verdict, Verdict::kLoss);
  EXPECT_EQ(CompareAround(1.00, 0.005).verdict, Verdict::kTie);
  EXPECT_EQ(CompareAround(1.02, 0.05).verdict, Verdict::kUndecided);
  EXPECT_EQ(CompareAround(0.98, 0.05).verdict, Verdict::kUndecided);
  EXPECT_EQ(CompareAround(1.00, 0.05).verdict, Verdict::kUndecided);
}

TEST(Compare, SurelyFasterByLessThanTheBandIsNoWin) {
  EXPECT_EQ(CompareAround(1.004, 0.002).verdict, Verdict::kTie);
  EXPECT_EQ(CompareAround(1.008, 0.006).verdict, Verdict::kUndecided);
  EXPECT_EQ(CompareAround(0.996, 0.002).verdict, Verdict::kTie);
}

TEST(Compare, TooFewPairsDecideNothing) {
  const std::vector<float> slow(5, 2000), fast(5, 1000);
  const Comparison c = Compare(slow, fast, 0.95, 0.01);
  EXPECT_EQ(c.verdict, Verdict::kUndecided);
  EXPECT_EQ(c.ci_low, 0);
  EXPECT_EQ(c.ci_high, kInfinity);
  EXPECT_NEAR(c.speedup, 2, 1e-9);
}

// performance.md §D 6: z = 2 is a confidence of 0.9545; at a pair deviation of 3.5 %, 3 pairs for 5
// %, 19 for 2 % and 77 for 1 %.
TEST(PairsToSettle, PublishedFigures) {
  EXPECT_NEAR(PairsToSettle(0.05, 0.035, 0.9545), 3.08, 0.01);
  EXPECT_NEAR(PairsToSettle(0.02, 0.035, 0.9545), 19.2, 0.05);
  EXPECT_NEAR(PairsToSettle(-0.01, 0.035, 0.9545), 77.0, 0.2);
  EXPECT_EQ(PairsToSettle(0, 0.035, 0.95), kInfinity);
  EXPECT_EQ(PairsToSettle(0.01, 0, 0.95), 0);
}

// The promise itself, on noise that is not normal. 4000 trials: a standard error of 0.34 %; the
// exact coverage at n = 20 is 95.9 %.
TEST(MedianInterval, CoversOnEveryNoise) {
  constexpr int kTrials = 4000, kPairs = 20;
  for (const NoiseKind kind : synthetic::kNoiseKinds) {
    Noise noise(kind, 0.05, 5);
    int covered = 0;
    for (int trial = 0; trial < kTrials; ++trial) {
      std::vector<double> gains;
      for (int i = 0; i < kPairs; ++i) {  // as a round does: either may come first
        const double first = noise.Next(), second = noise.Next();
        gains.push_back(noise.Uniform() < 0.5 ? first - second : second - first);
      }
      const Interval interval = MedianInterval(gains, 0.95);
      covered += interval.low <= 0 && 0 <= interval.high;
    }
    EXPECT_GE(covered, kTrials * 0.945) << static_cast<int>(kind);
    EXPECT_LE(covered, kTrials * 0.985) << static_cast<int>(kind);
  }
}

}  // namespace
}  // namespace tilesmith
