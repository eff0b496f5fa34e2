// Random small spaces against the plain definition: every combination, tested as a whole.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tuner/space/space_helpers.h"
#include "tuner/space/space.h"

namespace tilesmith {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class BruteForce : public testing::TestWithParam<int> {
 protected:
  BruteForce() : random_(static_cast<std::uint64_t>(GetParam())) {
    std::vector<Tile> tiles;
    const std::uint64_t count = 1 + random_() % 5;
    for (std::uint64_t i = 0; i < count; ++i) {
      tiles.push_back({std::string(1, static_cast<char>('P' + i)), Values()});
    }
    std::vector<std::string> rules;
    for (std::uint64_t i = random_() % 4; i > 0; --i) rules.push_back(Rule(tiles));
    definition_ = Definition(std::move(tiles), rules);
    Visit({});
  }

  std::vector<std::int64_t> Values() {
    std::vector<std::int64_t> values = {1, 2, 3, 4, 6, 8, 12};
    std::erase_if(values, [this](std::int64_t) { return random_() % 2 == 0; });
    if (values.empty()) values = {2};
    return values;
  }

  std::string Rule(const std::vector<Tile>& tiles) {
    const auto name = [&] {
      return random_() % 6 == 0 ? "D" : tiles[random_() % tiles.size()].name;
    };
    const std::string a = name();
    const std::string b = name();
    switch (random_() % 6) {
      case 0: return a + " % " + b + " == 0";
      case 1: return "2 <= " + a + " * " + b + " <= 24";
      case 2: return a + " > 2 or " + b + " == 1";
      case 3: return "(" + a + " / " + b + ") % 2 == 0";
      case 4: return "not (" + a + " in [2, 3] and " + b + " < " + name() + ")";
      default: return a + " + " + b + " - " + name() + " >= 2";
    }
  }

  void Visit(Dims bound) {
    if (bound.size() < definition_.tiles.size()) {
      const Tile& tile = definition_.tiles[bound.size()];
      for (const std::int64_t value : tile.values) {
        Dims more = bound;
        more.emplace_back(tile.name, value);
        Visit(std::move(more));
      }
      return;
    }
    std::map<std::string, Value> bindings(bound.begin(), bound.end());
    bindings["D"] = std::int64_t{24};
    const bool valid = std::all_of(
        definition_.constraints.begin(), definition_.constraints.end(),
        [&](const Constraint& rule) { return Truth(rule.expression.Evaluate(bindings)); });
    (valid ? valid_ : invalid_).insert(Config(std::move(bound)));
  }

  // How many tiles differ, and whether the last that does is one step away.
  std::pair<int, bool> Distance(const Config& a, const Config& b) const {
    int different = 0;
    bool adjacent = false;
    for (std::size_t i = 0; i < definition_.tiles.size(); ++i) {
      const auto& values = definition_.tiles[i].values;
      const auto at = [&](const Config& c) {
        return std::ranges::find(values, c.tiles()[i].second);
      };
      if (at(a) == at(b)) continue;
      ++different;
      adjacent = std::abs(at(a) - at(b)) == 1;
    }
    return {different, adjacent};
  }

  std::mt19937_64 random_;
  SpaceDefinition definition_;
  std::set<Config> valid_;
  std::set<Config> invalid_;
};

TEST_P(BruteForce, Agrees) {
  if (valid_.empty()) {
    EXPECT_THAT(ErrorOf([&] { SearchSpace(definition_, Decode(), {}); }),
                HasSubstr("no config is valid"));
    return;
  }
  const SearchSpace space(definition_, Decode(), {});
  ASSERT_EQ(space.Count(), valid_.size());
  EXPECT_EQ(space.Cartesian(), static_cast<double>(valid_.size() + invalid_.size()));
  std::set<Config> seen;
  for (std::uint64_t i = 0; i < space.Count(); ++i) {
    const Config config = space.At(i);
    seen.insert(config);
    EXPECT_EQ(space.IndexOf(config), i) << config.ToString();
    EXPECT_THAT(space.Explain(config), IsEmpty());
  }
  EXPECT_EQ(seen, valid_);
  for (const Config& config : invalid_) {
    EXPECT_EQ(space.IndexOf(config), std::nullopt) << config.ToString();
    EXPECT_THAT(space.Explain(config), HasSubstr("violates"));
  }
}

TEST_P(BruteForce, NeighboursDifferInExactlyOneTile) {
  if (valid_.empty()) return;
  const SearchSpace space(definition_, Decode(), {});
  std::mt19937_64 random(1);
  for (int i = 0; i < 5; ++i) {
    const std::uint64_t index = space.Sample(random);
    ASSERT_LT(index, space.Count());
    std::set<Config> all;
    std::set<Config> adjacent;
    for (const Config& other : valid_) {
      const auto [different, near] = Distance(space.At(index), other);
      if (different == 1) all.insert(other);
      if (different == 1 && near) adjacent.insert(other);
    }
    for (const bool adjacent_only : {false, true}) {
      std::set<Config> found;
      for (const std::uint64_t neighbour : space.Neighbours(index, adjacent_only)) {
        EXPECT_TRUE(found.insert(space.At(neighbour)).second) << "twice";
      }
      EXPECT_EQ(found, adjacent_only ? adjacent : all);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Random, BruteForce, testing::Range(0, 60));

}  // namespace
}  // namespace tilesmith
