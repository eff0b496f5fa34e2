#include "tuner/gate/random.h"

#include <gtest/gtest.h>

namespace tilesmith {
namespace {

TEST(RandomStreamTest, IsSplitMix64) {  // the published sequence of seed 1234567
  RandomStream random(1234567);
  EXPECT_EQ(random.Next(), 6457827717110365317u);
  EXPECT_EQ(random.Next(), 3203168211198807973u);
  EXPECT_EQ(random.Next(), 9817491932198370423u);
}

TEST(RandomStreamTest, NormalsAreTheSameEverywhere) {  // computed apart, in Python
  RandomStream random(1);
  EXPECT_NEAR(random.NextNormal(), -0.034267321791851144, 1e-15);
  EXPECT_NEAR(random.NextNormal(), -1.2926085332373185, 1e-15);
}

TEST(RandomStreamTest, UnitIsUniform) {
  RandomStream random(7);
  double sum = 0;
  for (int i = 0; i < 100000; ++i) {
    const double u = random.NextUnit();
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    sum += u;
  }
  EXPECT_NEAR(sum / 100000, 0.5, 0.004);  // 4 deviations: 4 / sqrt(12 n)
}

TEST(RandomStreamTest, NormalHasMeanZeroAndVarianceOne) {
  RandomStream random(7);
  double sum = 0, squares = 0;
  for (int i = 0; i < 100000; ++i) {
    const double x = random.NextNormal();
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / 100000, 0, 0.013);      // 4 / sqrt(n)
  EXPECT_NEAR(squares / 100000, 1, 0.018);  // 4 sqrt(2 / n)
}

}  // namespace
}  // namespace tilesmith
