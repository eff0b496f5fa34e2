#include "kernels/topk/topk.h"

#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/topk/topk_golden.h"
#include "tests/kernels/guarded.h"

namespace kernels {
namespace {

struct Tiles {
  int ROW_TILE = 1;
  int SELECT_BITS = 11;
  int SORT_BITS = 8;
};

constexpr float kLowest = -std::numeric_limits<float>::max();

std::size_t Count(long n) { return static_cast<std::size_t>(n); }

struct Case {
  Case(int ROWS, int L, int K)
      : score(Count(ROWS) * Count(L)),
        valid(Count(ROWS)),
        idx(Count(ROWS) * Count(K)),
        lists(Count(ROWS) * Count(topk::ListSize(L))) {
    for (int& length : valid.all()) length = L;
    args = {score.data(), valid.data(), idx.data(), lists.data(), ROWS, L, K};
  }

  std::vector<int> Outputs(void (*kernel)(const TopKArgs&)) {
    idx.Poison();
    lists.Poison();
    kernel(args);
    return {idx.begin(), idx.end()};
  }

  Guarded<float> score;
  Guarded<int> valid, idx, lists;
  TopKArgs args;
};

std::vector<int> Both(Case& c) {
  const std::vector<int> expected = c.Outputs(&TopKGolden);
  EXPECT_EQ(c.Outputs(&TopK<Tiles{}>), expected);
  EXPECT_EQ(c.Outputs(&TopK<Tiles{2, 4, 11}>), expected);
  EXPECT_EQ(c.Outputs(&TopK<Tiles{3, 12, 4}>), expected);
  EXPECT_EQ(c.Outputs(&TopK<Tiles{8, 7, 5}>), expected);
  return expected;
}

TEST(TopK, ByHand) {
  Case c(2, 6, 4);
  const float rows[] = {3, -1, 7, 3, 0.5f, 7, -2, -1, -0.0f, 0, -1, -3};
  std::copy(std::begin(rows), std::end(rows), c.score.begin());
  c.valid[1] = 5;
  EXPECT_EQ(Both(c), (std::vector<int>{2, 5, 0, 3, /**/ 2, 3, 1, 4}));
}

TEST(TopK, NothingIsChosenBeyondTheValid) {
  Case c(4, 5, 3);
  for (float& s : c.score.all()) s = 1;
  const int lengths[] = {0, 1, 2, 3};
  std::copy(std::begin(lengths), std::end(lengths), c.valid.begin());
  for (std::size_t row = 0; row < 4; ++row) {
    for (std::size_t j = Count(lengths[row]); j < 5; ++j) c.score[row * 5 + j] = 100;
  }
  EXPECT_EQ(Both(c), (std::vector<int>{-1, -1, -1, 0, -1, -1, 0, 1, -1, 0, 1, 2}));
}

// A valid score may be as low as the value that stands for "no score".
TEST(TopK, LowestScoresAreScores) {
  Case c(1, 6, 5);
  for (float& s : c.score.all()) s = kLowest;
  c.score[3] = 2;
  EXPECT_EQ(Both(c), (std::vector<int>{3, 0, 1, 2, 4}));
}

TEST(TopK, AllEqualRowsGoByIndex) {
  Case c(1, 300, 200);
  for (float& s : c.score.all()) s = 0.25f;
  const std::vector<int> best = Both(c);
  for (int j = 0; j < 200; ++j) EXPECT_EQ(best[Count(j)], j);
}

TEST(TopK, MoreWantedThanThere) {
  Case c(1, 3, 7);
  c.score[0] = 1;
  c.score[1] = 3;
  c.score[2] = 2;
  EXPECT_EQ(Both(c), (std::vector<int>{1, 2, 0, -1, -1, -1, -1}));
}

TEST(TopK, ExtremesKeepTheirOrder) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  Case c(1, 8, 8);
  const float row[] = {1e-45f, -kInf, 3e38f, kInf, -1e-45f, 0, kLowest, 1e-30f};
  std::copy(std::begin(row), std::end(row), c.score.begin());
  EXPECT_EQ(Both(c), (std::vector<int>{3, 2, 7, 0, 5, 4, 6, 1}));
}

// Values of few levels tie everywhere, spread ones nowhere; lengths that are no power of two.
TEST(TopK, AgreesWithTheGolden) {
  std::mt19937_64 random(7);
  for (const int L : {1, 2, 63, 99, 257, 1000}) {
    for (const int K : {1, 2, 31, 99, 256}) {
      Case c(9, L, K);
      for (std::size_t i = 0; i < c.score.size(); ++i) {
        const float value = SmallValue(random);
        c.score[i] = i % 2 == 0 ? std::round(8 * value) : std::ldexp(value, int(random() % 99));
      }
      for (int& length : c.valid.all()) length = static_cast<int>(random() % Count(L + 1));
      c.valid[0] = L;
      Both(c);
    }
  }
}

}  // namespace
}  // namespace kernels
