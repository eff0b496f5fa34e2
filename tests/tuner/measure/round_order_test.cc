#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tuner/measure/duel.h"

namespace tilesmith {
namespace {

std::vector<std::vector<int>> Rounds(int contestants, int first, int count, std::uint64_t seed) {
  std::vector<std::vector<int>> rounds;
  for (int i = first; i < first + count; ++i) rounds.push_back(RoundOrder(contestants, i, seed));
  return rounds;
}

TEST(RoundOrder, EachRoundHoldsEverybody) {
  for (int n = 1; n <= 9; ++n) {
    for (std::vector<int> order : Rounds(n, 0, 4 * n, 3)) {
      std::sort(order.begin(), order.end());
      for (int i = 0; i < n; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
    }
  }
}

TEST(RoundOrder, EachPlaceHoldsEverybodyOverABlock) {
  for (int n = 1; n <= 9; ++n) {
    for (int block = 0; block < 4; ++block) {
      const auto rounds = Rounds(n, block * n, n, 7);
      for (std::size_t place = 0; place < static_cast<std::size_t>(n); ++place) {
        std::set<int> seen;
        for (const auto& order : rounds) seen.insert(order[place]);
        EXPECT_EQ(seen.size(), static_cast<std::size_t>(n)) << n << " in block " << block;
      }
    }
  }
}

// Even n: n rounds hold each of the n(n-1) ordered pairs once; odd n: 2n rounds hold each twice.
TEST(RoundOrder, EachFollowsEachOtherEquallyOften) {
  for (int n = 2; n <= 9; ++n) {
    const int square = n % 2 == 0 ? n : 2 * n;
    std::map<std::pair<int, int>, int> follows;
    for (const auto& order : Rounds(n, square, square, 11)) {
      for (std::size_t i = 1; i < order.size(); ++i) ++follows[{order[i - 1], order[i]}];
    }
    EXPECT_EQ(follows.size(), static_cast<std::size_t>(n * (n - 1))) << n;
    for (const auto& [pair, times] : follows) EXPECT_EQ(times, n % 2 == 0 ? 1 : 2) << n;
  }
}

TEST(RoundOrder, SeedDecides) {
  EXPECT_EQ(Rounds(5, 0, 20, 1), Rounds(5, 0, 20, 1));
  EXPECT_NE(Rounds(5, 0, 20, 1), Rounds(5, 0, 20, 2));
  EXPECT_NE(Rounds(5, 0, 20, 1), Rounds(5, 0, 20, 1ull << 40 | 1));
  EXPECT_NE(Rounds(4, 0, 4, 1), Rounds(4, 4, 4, 1));
}

// Integers only, so another platform must give this too.
TEST(RoundOrder, SameEverywhere) {
  EXPECT_EQ(RoundOrder(5, 0, 1), (std::vector<int>{0, 4, 1, 2, 3}));
}

}  // namespace
}  // namespace tilesmith
