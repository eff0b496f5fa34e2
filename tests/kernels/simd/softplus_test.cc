#include "kernels/simd/softplus.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace kernels::simd {
namespace {

float Ulps(float actual, double expected) {
  const float near = static_cast<float>(expected);
  const float unit = std::nextafter(near, std::numeric_limits<float>::infinity()) - near;
  return static_cast<float>(std::fabs(actual - expected) / unit);
}

TEST(Softplus, IsNearTheDoubleOneAndKeepsItsTail) {
  for (float x = -86; x < 90; x += 0.037f) {
    const double expected = std::fmax(x, 0.0) + std::log1p(std::exp(-std::fabs(double{x})));
    ASSERT_LE(Ulps(Softplus(F32{} + x)[0], expected), 8) << x;
  }
  // log(1 + e^-30) in FP32 would be 0.
  EXPECT_GT(Softplus(F32{} - 30.0f)[0], 9e-14f);
  EXPECT_EQ(Softplus(F32{} + 200.0f)[0], 200.0f);
}

TEST(Log1pOfUnit, CoversTheUnitInterval) {
  for (float u = 0x1p-100f; u <= 1; u *= 1.0137f) {
    ASSERT_LE(Ulps(Log1pOfUnit(F32{} + u)[kLanes - 1], std::log1p(double{u})), 4) << u;
  }
  EXPECT_EQ(Log1pOfUnit(F32{})[0], 0.0f);
  EXPECT_LE(Ulps(Log1pOfUnit(F32{} + 1.0f)[0], std::log(2.0)), 4);
}

TEST(Sqrt, IsCorrectlyRounded) {
  F32 v;
  for (int lane = 0; lane < kLanes; ++lane) v[lane] = static_cast<float>(lane) * 1.7f;
  const F32 roots = Sqrt(v);
  for (int lane = 0; lane < kLanes; ++lane) EXPECT_EQ(roots[lane], std::sqrt(v[lane]));
}

}  // namespace
}  // namespace kernels::simd
