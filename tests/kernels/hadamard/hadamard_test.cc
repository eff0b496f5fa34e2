#include "kernels/hadamard/hadamard.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/golden/rounding.h"
#include "kernels/hadamard/hadamard_golden.h"
#include "tests/kernels/guarded.h"

namespace kernels {
namespace {

struct Tiles {
  int QH_MM_TILE = 64;
  int HEAD_DIM_TILE = 32;
  int QH_HEAD_DIM_TILE = 64;
};

std::size_t Count(long n) { return static_cast<std::size_t>(n); }

// Operands of one size, each ending where memory ends.
struct Case {
  Case(int rows, int N)
      : x(Count(rows) * Count(N)), hadamard(Count(N) * Count(N)), y(x.size()), rounded(x.size()) {
    std::mt19937_64 random(9);
    for (float& v : x.all()) v = SmallValue(random);
    for (bf16& v : hadamard.all()) v = golden::Bf16Rne(SmallValue(random));
    args = {x.data(), hadamard.data(), y.data(), rounded.data(), rows, N};
  }

  std::vector<float> Outputs(void (*kernel)(const HadamardArgs&)) {
    y.Poison();
    rounded.Poison();
    kernel(args);
    return {y.begin(), y.end()};
  }

  // Sylvester's matrix without its scale.
  void UseSigns() {
    const auto N = Count(args.N);
    for (std::size_t i = 0; i < hadamard.size(); ++i) {
      hadamard[i] = golden::Bf16Rne(std::popcount((i / N) & (i % N)) % 2 == 0 ? 1.0f : -1.0f);
    }
  }

  Guarded<float> x;
  Guarded<bf16> hadamard;
  Guarded<float> y;
  Guarded<bf16> rounded;
  HadamardArgs args;
};

struct Size {
  int rows, N;
};
constexpr Size kSizes[] = {{1, 1}, {13, 99}, {5, 67}, {70, 128}, {3, 512}};

template <auto kTiles>
void ExpectGolden() {
  for (const Size& size : kSizes) {
    Case c(size.rows, size.N);
    const std::vector<float> actual = c.Outputs(&Hadamard<kTiles>);
    const std::vector<float> expected = c.Outputs(&HadamardGolden);
    for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(actual[i], expected[i], 2e-5);
    EXPECT_EQ(actual, c.Outputs(&Hadamard<Tiles{}>));
  }
}

TEST(Hadamard, AgreesWithTheGolden) {
  ExpectGolden<Tiles{}>();
  ExpectGolden<Tiles{.QH_MM_TILE = 1, .HEAD_DIM_TILE = 16, .QH_HEAD_DIM_TILE = 16}>();
  ExpectGolden<Tiles{.QH_MM_TILE = 9, .HEAD_DIM_TILE = 50, .QH_HEAD_DIM_TILE = 7}>();
  ExpectGolden<Tiles{.QH_MM_TILE = 256, .HEAD_DIM_TILE = 512, .QH_HEAD_DIM_TILE = 512}>();
}

// Whole numbers are exact: H·H = N·1, so that twice gives N times the row.
TEST(Hadamard, SylvesterTwiceIsTheRow) {
  for (auto kernel : {&HadamardGolden, &Hadamard<Tiles{}>}) {
    Case c(2, 128);
    c.UseSigns();
    std::fill(c.x.begin(), c.x.end(), 0.0f);
    c.x[0] = 3;
    c.x[77] = -2;
    c.x[128 + 5] = 1;
    const std::vector<float> once = c.Outputs(kernel);
    EXPECT_EQ(once[1], 5);  // row 0: 3·(−1)^0 − 2·(−1)^(1·77) = 3 + 2
    std::vector<float> row(c.x.begin(), c.x.end());
    std::copy(once.begin(), once.end(), c.x.begin());
    for (float& value : row) value *= 128;
    EXPECT_EQ(c.Outputs(kernel), row);
  }
}

// A general matrix, not its transpose: y = x·M, M = [[1, 2], [3, 4]].
TEST(Hadamard, TakesAnyMatrix) {
  for (auto kernel : {&HadamardGolden, &Hadamard<Tiles{}>}) {
    Case c(1, 2);
    for (std::size_t i = 0; i < 4; ++i) c.hadamard[i] = golden::Bf16Rne(static_cast<float>(i + 1));
    c.x[0] = 10;
    c.x[1] = 100;
    EXPECT_EQ(c.Outputs(kernel), (std::vector<float>{310, 420}));
  }
}

// 1 + 2^-8 is a tie between bf16 numbers: it counts as 1.
TEST(Hadamard, RoundsItsRowsFirst) {
  for (auto kernel : {&HadamardGolden, &Hadamard<Tiles{}>}) {
    Case c(1, 1);
    c.x[0] = 1.00390625f;
    c.hadamard[0] = golden::Bf16Rne(1);
    EXPECT_EQ(c.Outputs(kernel), std::vector<float>{1});
  }
}

}  // namespace
}  // namespace kernels
