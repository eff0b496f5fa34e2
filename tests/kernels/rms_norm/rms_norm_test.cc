#include "kernels/rms_norm/rms_norm.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/golden/rounding.h"
#include "kernels/rms_norm/rms_norm_golden.h"
#include "tests/kernels/guarded.h"

namespace kernels {
namespace {

struct Tiles {
  int D_TILE = 128;
  int T_TILE = 8;
  int RMS_D_SPLIT = 4;
};

std::size_t Count(long n) { return static_cast<std::size_t>(n); }

// Operands of one size, each ending where memory ends.
struct Case {
  Case(int T, int D) : x(Count(T) * Count(D)), norm_w(Count(D)), x_normed(x.size()) {
    std::mt19937_64 random(5);
    for (bf16& v : x.all()) v = golden::Bf16Rne(SmallValue(random) - 0.5f);
    for (bf16& v : norm_w.all()) v = golden::Bf16Rne(1 + 0.1f * SmallValue(random));
    args = {x.data(), norm_w.data(), x_normed.data(), T, D};
  }

  std::vector<float> Outputs(void (*kernel)(const RmsNormArgs&)) {
    x_normed.Poison();
    kernel(args);
    std::vector<float> values;
    for (bf16 value : x_normed.all()) values.push_back(golden::ToFloat(value));
    return values;
  }

  Guarded<bf16> x, norm_w, x_normed;
  RmsNormArgs args;
};

struct Size {
  int T, D;
};
// Ragged sizes; one column; fewer columns than slices; tiny-flash and tiny-pro.
constexpr Size kSizes[] = {{1, 1}, {13, 99}, {5, 1027}, {3, 2}, {8, 512}, {8, 896}};

// One bf16 unit: the sum's order may move the inverse by an FP32 unit.
void ExpectClose(const std::vector<float>& actual, const std::vector<float>& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_LE(std::fabs(actual[i] - expected[i]), 1e-4f + std::fabs(expected[i]) / 128) << i;
  }
}

template <auto kTiles>
void ExpectGolden() {
  for (const Size& size : kSizes) {
    Case c(size.T, size.D);
    ExpectClose(c.Outputs(&RmsNorm<kTiles>), c.Outputs(&RmsNormGolden));
  }
}

TEST(RmsNorm, AgreesWithTheGolden) {
  ExpectGolden<Tiles{}>();
  ExpectGolden<Tiles{.D_TILE = 64, .T_TILE = 1, .RMS_D_SPLIT = 1}>();
  ExpectGolden<Tiles{.D_TILE = 100, .T_TILE = 3, .RMS_D_SPLIT = 7}>();
  ExpectGolden<Tiles{.D_TILE = 7168, .T_TILE = 32, .RMS_D_SPLIT = 16}>();
}

TEST(RmsNorm, TokensPerTaskAndSlicesAreExact) {
  for (const Size& size : kSizes) {
    Case c(size.T, size.D);
    const std::vector<float> bits = c.Outputs(&RmsNorm<Tiles{}>);
    EXPECT_EQ(c.Outputs(&RmsNorm<Tiles{.T_TILE = 1, .RMS_D_SPLIT = 1}>), bits);
    EXPECT_EQ(c.Outputs(&RmsNorm<Tiles{.T_TILE = 3, .RMS_D_SPLIT = 16}>), bits);
  }
}

// x = (3, −4, 0, …): the mean of 16 squares is 25/16, its root 1.25.
TEST(RmsNorm, ByHand) {
  Case c(1, 16);
  std::fill(c.x.begin(), c.x.end(), golden::Bf16Rne(0));
  std::fill(c.norm_w.begin(), c.norm_w.end(), golden::Bf16Rne(1.5f));
  c.x[0] = golden::Bf16Rne(3);
  c.x[1] = golden::Bf16Rne(-4);
  c.norm_w[1] = golden::Bf16Rne(0.5f);
  std::vector<float> expected(16, 0.0f);
  expected[0] = 3.59375f;     // 3.6 in steps of 2^-6
  expected[1] = -1.6015625f;  // −1.6 in steps of 2^-7
  EXPECT_EQ(c.Outputs(&RmsNormGolden), expected);
  EXPECT_EQ(c.Outputs(&RmsNorm<Tiles{}>), expected);
}

// Where the mean is far below ε = 1e-6 the inverse is 999.9995; its products are 1000 in bf16.
TEST(RmsNorm, EpsilonBoundsTheInverse) {
  Case c(2, 64);
  std::fill(c.x.begin(), c.x.end(), golden::Bf16Rne(0));
  std::fill(c.norm_w.begin(), c.norm_w.end(), golden::Bf16Rne(1));
  for (std::size_t i = 0; i < 64; ++i) c.x[i] = golden::Bf16Rne(0x1p-20f);
  std::vector<float> expected(128, 0.0f);
  std::fill_n(expected.begin(), 64, 0x1p-20f * 1000);
  EXPECT_EQ(c.Outputs(&RmsNormGolden), expected);
  EXPECT_EQ(c.Outputs(&RmsNorm<Tiles{}>), expected);
}

// The squares of 4096 ones, chunk by chunk, lose nothing; one accumulator of bf16 would.
TEST(RmsNorm, LongRowOfOnesStaysOne) {
  Case c(1, 4096);
  std::fill(c.x.begin(), c.x.end(), golden::Bf16Rne(1));
  std::fill(c.norm_w.begin(), c.norm_w.end(), golden::Bf16Rne(1));
  EXPECT_EQ(c.Outputs(&RmsNormGolden), std::vector<float>(4096, 1.0f));
  EXPECT_EQ(c.Outputs(&RmsNorm<Tiles{}>), std::vector<float>(4096, 1.0f));
}

}  // namespace
}  // namespace kernels
