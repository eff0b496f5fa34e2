#include "kernels/softmax_pool/softmax_pool.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/softmax_pool/softmax_pool_golden.h"
#include "tests/kernels/guarded.h"

namespace kernels {
namespace {

struct Tiles {
  int POOL_HEAD_TILE = 128;
  int HEAD_TILE = 64;
};

std::size_t Count(long n) { return static_cast<std::size_t>(n); }

// Operands of one size, each ending where memory ends.
struct Case {
  Case(int windows, int slots, int columns)
      : kv(Count(windows) * Count(slots) * Count(columns)),
        score(kv.size()),
        pooled(Count(windows) * Count(columns)) {
    std::mt19937_64 random(7);
    for (float& v : kv.all()) v = SmallValue(random);
    for (float& v : score.all()) v = 4 * SmallValue(random);
    args = {kv.data(), score.data(), pooled.data(), windows, slots, columns};
  }

  std::vector<float> Outputs(void (*kernel)(const SoftmaxPoolArgs&)) {
    pooled.Poison();
    kernel(args);
    return {pooled.begin(), pooled.end()};
  }

  Guarded<float> kv, score, pooled;
  SoftmaxPoolArgs args;
};

struct Size {
  int windows, slots, columns;
};
constexpr Size kSizes[] = {{1, 1, 1}, {5, 3, 99}, {2, 8, 512}, {1, 128, 130}, {3, 17, 213}};

template <auto kTiles>
void ExpectGolden() {
  for (const Size& size : kSizes) {
    Case c(size.windows, size.slots, size.columns);
    const std::vector<float> actual = c.Outputs(&SoftmaxPool<kTiles>);
    const std::vector<float> expected = c.Outputs(&SoftmaxPoolGolden);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      ASSERT_NEAR(actual[i], expected[i], 3e-6) << i;  // weighted means of values below 1
    }
    EXPECT_EQ(actual, c.Outputs(&SoftmaxPool<Tiles{}>)) << "columns never meet";
  }
}

TEST(SoftmaxPool, AgreesWithTheGolden) {
  ExpectGolden<Tiles{}>();
  ExpectGolden<Tiles{.POOL_HEAD_TILE = 16, .HEAD_TILE = 16}>();
  ExpectGolden<Tiles{.POOL_HEAD_TILE = 50, .HEAD_TILE = 48}>();
  ExpectGolden<Tiles{.POOL_HEAD_TILE = 512, .HEAD_TILE = 128}>();
}

void ExpectPooled(Case& c, const std::vector<float>& expected) {
  for (auto kernel : {&SoftmaxPoolGolden, &SoftmaxPool<Tiles{}>}) {
    const std::vector<float> actual = c.Outputs(kernel);
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 1e-6);
  }
}

// Column 0: e^0 : e^ln3 = 1 : 3, hence (1·4 + 3·8)/4 = 7. Column 1: equal, the mean. Column 2: the
// first counts nothing. Column 3: 1000 against 0 leaves one, and does not overflow.
TEST(SoftmaxPool, ByHand) {
  Case c(1, 2, 4);
  const float ln3 = std::log(3.0f);
  std::ranges::copy(std::vector<float>{4, 4, 4, 4, 8, 8, 8, 8}, c.kv.begin());
  std::ranges::copy(std::vector<float>{0, -7, -INFINITY, 1000, ln3, -7, -3, 0}, c.score.begin());
  ExpectPooled(c, {7, 6, 8, 4});
}

// Adding a number to all scores of a column changes nothing, as long as it is exact.
TEST(SoftmaxPool, ScoresCountByTheirDifferences) {
  Case c(1, 128, 33);
  for (std::size_t i = 0; i < c.score.size(); ++i) c.score[i] = static_cast<float>(i % 7);
  const std::vector<float> before = c.Outputs(&SoftmaxPool<Tiles{}>);
  for (float& score : c.score.all()) score += 4096;
  EXPECT_EQ(c.Outputs(&SoftmaxPool<Tiles{}>), before);
}

// 128 equal slots: the mean.
TEST(SoftmaxPool, EqualScoresGiveTheMean) {
  Case c(1, 128, 5);
  std::fill(c.score.begin(), c.score.end(), 3.0f);
  for (std::size_t i = 0; i < c.kv.size(); ++i) c.kv[i] = static_cast<float>(i / 5);
  for (auto kernel : {&SoftmaxPoolGolden, &SoftmaxPool<Tiles{}>}) {
    for (float value : c.Outputs(kernel)) EXPECT_NEAR(value, 63.5f, 1e-4);
  }
}

}  // namespace
}  // namespace kernels
