#include "kernels/simd/exp.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace kernels::simd {
namespace {

float ExpOf(float x) { return Exp(F32{} + x)[0]; }

// Distance from the true value in units of the last place there.
double UlpError(float x) {
  const double exact = std::exp(static_cast<double>(x));
  const double ulp = std::ldexp(1.0, std::ilogb(exact) - 23);
  return std::fabs(static_cast<double>(ExpOf(x)) - exact) / ulp;
}

TEST(Exp, WithinTwoUlpsWhereTheResultIsNormal) {
  double worst = 0;
  for (float x = -87.3f; x < 88.7f; x += 0.00037f) worst = std::max(worst, UlpError(x));
  for (float x = 1e-30f; x < 1; x *= 1.7f) {
    worst = std::max({worst, UlpError(x), UlpError(-x)});
  }
  EXPECT_LE(worst, 2.0);
}

TEST(Exp, ExactAtZero) {
  EXPECT_EQ(ExpOf(0.0f), 1.0f);
  EXPECT_EQ(ExpOf(-0.0f), 1.0f);
}

TEST(Exp, EndsOfTheRange) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(ExpOf(89.0f), kInfinity);
  EXPECT_EQ(ExpOf(1e30f), kInfinity);
  EXPECT_EQ(ExpOf(kInfinity), kInfinity);
  EXPECT_EQ(ExpOf(-1e30f), 0.0f);
  EXPECT_EQ(ExpOf(-kInfinity), 0.0f);
  EXPECT_NEAR(ExpOf(-100.0f), std::exp(-100.0), 2e-45);  // a denormal
  EXPECT_TRUE(std::isnan(ExpOf(std::numeric_limits<float>::quiet_NaN())));
}

TEST(Exp, LanesAreIndependent) {
  F32 x{};
  for (int lane = 0; lane < kLanes; ++lane) x[lane] = static_cast<float>(lane) * 3.7f - 20;
  const F32 all = Exp(x);
  for (int lane = 0; lane < kLanes; ++lane) EXPECT_EQ(all[lane], ExpOf(x[lane]));
}

}  // namespace
}  // namespace kernels::simd
