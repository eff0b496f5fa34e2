#include "tuner/space/strategy.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/error.h"

namespace tilesmith {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAreArray;

using Objective = std::function<std::optional<double>(std::uint64_t)>;
using Questions = std::vector<std::uint64_t>;

SearchSpace Space(std::size_t tiles, std::int64_t values, const std::string& constraint) {
  SpaceDefinition definition;
  Dims chosen;
  for (std::size_t i = 0; i < tiles; ++i) {
    definition.tiles.push_back({"T" + std::to_string(i), {}});
    for (std::int64_t v = 1; v <= values; ++v) definition.tiles.back().values.push_back(v);
    chosen.emplace_back(definition.tiles.back().name, 2);
  }
  if (!constraint.empty()) definition.constraints = {{"rule", Expression::Parse(constraint)}};
  definition.default_config = Config(chosen);
  return SearchSpace(definition, {}, {});
}

const SearchSpace& Small() {
  static const SearchSpace space = Space(3, 4, "T0 + T1 <= 6");
  return space;
}

// A bowl around (5, 3, 7, 5, 3, 7) with ridges, so that many configs have no better neighbour: the
// tiles want to move in pairs.
double Surface(const Config& config) {
  constexpr double kBest[] = {5, 3, 7, 5, 3, 7};
  double sum = 0;
  double product = 1;
  for (std::size_t i = 0; i < config.tiles().size(); ++i) {
    const double distance = static_cast<double>(config.tiles()[i].second) - kBest[i];
    sum += std::abs(distance);
    product *= std::cos(distance * 2);
  }
  return sum - 1.5 * product;
}

// Every config a number that says nothing of its neighbours', and one in nine failed.
std::optional<double> Rugged(std::uint64_t index) {
  std::mt19937_64 random(index);
  const std::uint64_t draw = random();
  if (draw % 9 == 0) return std::nullopt;
  return static_cast<double>(draw % 1000);
}

Questions Play(Strategy* strategy, const Objective& objective, std::size_t batch,
               std::size_t most = std::numeric_limits<std::size_t>::max()) {
  Questions all;
  while (all.size() < most) {
    const Questions questions = strategy->Ask(batch);
    if (questions.empty()) break;
    EXPECT_LE(questions.size(), batch);
    for (const std::uint64_t index : questions) {
      strategy->Tell(index, objective(index));
      all.push_back(index);
    }
  }
  return all;
}

struct Case {
  std::string strategy;
  std::size_t batch;
};

class EveryStrategy : public testing::TestWithParam<Case> {
 protected:
  static std::unique_ptr<Strategy> Make(std::uint64_t seed) {
    return MakeStrategy(GetParam().strategy, Small(), seed, 10);
  }
};

TEST_P(EveryStrategy, AsksEveryConfigOnceTheDefaultFirst) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const Questions asked = Play(Make(seed).get(), Rugged, GetParam().batch);
    EXPECT_EQ(asked.front(), Small().DefaultIndex());
    EXPECT_EQ(asked.size(), Small().Count());
    EXPECT_EQ(std::set(asked.begin(), asked.end()).size(), Small().Count());
  }
}

TEST_P(EveryStrategy, SameSeedSameQuestions) {
  const Questions asked = Play(Make(3).get(), Rugged, GetParam().batch);
  EXPECT_EQ(Play(Make(3).get(), Rugged, GetParam().batch), asked);
  EXPECT_NE(Play(Make(4).get(), Rugged, GetParam().batch), asked);
}

TEST_P(EveryStrategy, TheOrderOfAnswersDoesNotMatter) {
  const auto forwards = Make(3);
  const auto backwards = Make(3);
  for (Questions questions = forwards->Ask(GetParam().batch); !questions.empty();
       questions = forwards->Ask(GetParam().batch)) {
    EXPECT_EQ(backwards->Ask(GetParam().batch), questions);
    for (const std::uint64_t index : questions) forwards->Tell(index, Rugged(index));
    std::ranges::reverse(questions);
    for (const std::uint64_t index : questions) backwards->Tell(index, Rugged(index));
  }
}

TEST_P(EveryStrategy, WithoutAnswersItStillReachesEverything) {
  const auto strategy = Make(3);
  std::set<std::uint64_t> asked;
  for (Questions q = strategy->Ask(GetParam().batch); !q.empty();
       q = strategy->Ask(GetParam().batch)) {
    for (const std::uint64_t index : q) EXPECT_TRUE(asked.insert(index).second);
  }
  EXPECT_EQ(asked.size(), Small().Count());
}

TEST_P(EveryStrategy, WhatWasToldIsNotAsked) {
  const auto strategy = Make(3);
  std::set<std::uint64_t> told = {Small().DefaultIndex()};
  for (std::uint64_t i = 0; i < Small().Count(); i += 3) told.insert(i);
  for (const std::uint64_t index : told) strategy->Tell(index, Rugged(index));
  const Questions asked = Play(strategy.get(), Rugged, GetParam().batch);
  EXPECT_EQ(asked.size(), Small().Count() - told.size());
  for (const std::uint64_t index : asked) EXPECT_FALSE(told.contains(index));
}

TEST_P(EveryStrategy, SurvivesASpaceWhereEverythingFails) {
  const auto fails = [](std::uint64_t) { return std::nullopt; };
  EXPECT_EQ(Play(Make(1).get(), fails, GetParam().batch).size(), Small().Count());
  const auto nan = [](std::uint64_t) { return std::optional(std::nan("")); };
  EXPECT_EQ(Play(Make(1).get(), nan, GetParam().batch).size(), Small().Count());
}

INSTANTIATE_TEST_SUITE_P(All, EveryStrategy,
                         testing::Values(Case{"exhaustive", 1}, Case{"exhaustive", 7},
                                         Case{"random", 1}, Case{"ils", 1}, Case{"ils", 7},
                                         Case{"ils", 1000}, Case{"auto", 3}),
                         [](const auto& test) {
                           return test.param.strategy + std::to_string(test.param.batch);
                         });

TEST(StrategyTest, AutoDependsOnWhatTheBudgetIsWorth) {
  EXPECT_EQ(MakeStrategy("auto", Small(), 1, Small().Count())->name(), "exhaustive");
  EXPECT_EQ(MakeStrategy("auto", Small(), 1, Small().Count() - 1)->name(), "ils");
  for (const std::string& name : StrategyNames()) {
    EXPECT_NE(MakeStrategy(name, Small(), 1, 5), nullptr);
    EXPECT_EQ(MakeStrategy(name, Small(), 1, 5)->name(), name == "auto" ? "ils" : name);
  }
}

TEST(StrategyTest, UnknownNameSuggests) {
  try {
    MakeStrategy("exhaustiv", Small(), 1, 5);
    FAIL();
  } catch (const UserError& error) {
    EXPECT_STREQ(error.what(), "no strategy 'exhaustiv'; did you mean 'exhaustive'?");
  }
}

TEST(StrategyTest, AStoppedExhaustiveRunIsASample) {
  const SearchSpace space = Space(2, 100, "");
  // The mean of 500 draws from 0 … 9999 without replacement: 4999.5, deviation 2887 / sqrt(500) =
  // 129.
  double sum = 0;
  for (const std::uint64_t index : MakeStrategy("exhaustive", space, 1, 0)->Ask(500)) {
    sum += static_cast<double>(index);
  }
  EXPECT_NEAR(sum / 500, 4999.5, 4 * 129);
}

TEST(StrategyTest, HugeSpacesCostNothing) {
  const SearchSpace space = Space(15, 10, "");
  EXPECT_EQ(space.Count(), 1'000'000'000'000'000u);
  const auto strategy = MakeStrategy("random", space, 1, 100);
  const Questions asked = strategy->Ask(2000);
  EXPECT_EQ(std::set(asked.begin(), asked.end()).size(), 2000u);
}

std::size_t QuestionsToTheOptimum(const SearchSpace& space, std::uint64_t seed, std::size_t batch) {
  std::size_t asked = 0;
  std::size_t found = 0;
  const Config best({{"T0", 5}, {"T1", 3}, {"T2", 7}, {"T3", 5}, {"T4", 3}, {"T5", 7}});
  const auto objective = [&](std::uint64_t index) {
    ++asked;
    const Config config = space.At(index);
    if (config == best && found == 0) found = asked;
    return std::optional(Surface(config));
  };
  Play(MakeStrategy("ils", space, seed, 0).get(), objective, batch, 4000);
  return found;
}

// 8^6 = 262,144 configs, the best of which random search finds after 131,072 on average.
TEST(IteratedLocalSearchTest, FindsAPlantedOptimumInASmallPartOfTheSpace) {
  const SearchSpace space = Space(6, 8, "");
  for (const std::size_t batch : {1u, 4u}) {
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      const std::size_t questions = QuestionsToTheOptimum(space, seed, batch);
      EXPECT_GT(questions, 0u) << "not found, seed " << seed << ", batch " << batch;
      EXPECT_LE(questions, 4000u);
    }
  }
}

TEST(IteratedLocalSearchTest, StartsWithTen) {
  const auto strategy = MakeStrategy("ils", Small(), 1, 0);
  const Questions start = strategy->Ask(100);
  EXPECT_EQ(start.size(), 10u);
  // Without an answer it asks one more at a time, rather than nothing.
  EXPECT_EQ(strategy->Ask(100).size(), 1u);
}

TEST(IteratedLocalSearchTest, DescendsFromTheBestOfTheStart) {
  const auto strategy = MakeStrategy("ils", Small(), 1, 0);
  const Questions start = strategy->Ask(10);
  for (std::size_t i = 0; i < start.size(); ++i) {
    strategy->Tell(start[i], i == 6 ? 1.0 : 2.0);
  }
  Questions unseen = Small().Neighbours(start[6]);
  std::erase_if(unseen, [&](std::uint64_t n) { return std::ranges::count(start, n) > 0; });
  EXPECT_THAT(strategy->Ask(unseen.size()), UnorderedElementsAreArray(unseen));
}

TEST(IteratedLocalSearchTest, MovesToTheFirstBetterNeighbour) {
  const auto strategy = MakeStrategy("ils", Small(), 1, 0);
  Questions asked = strategy->Ask(10);
  for (const std::uint64_t index : asked) strategy->Tell(index, 2.0);
  asked.push_back(strategy->Ask(1).at(0));
  strategy->Tell(asked.back(), 1.0);
  Questions unseen = Small().Neighbours(asked.back());
  std::erase_if(unseen, [&](std::uint64_t n) { return std::ranges::count(asked, n) > 0; });
  EXPECT_THAT(strategy->Ask(unseen.size()), UnorderedElementsAreArray(unseen));
}

TEST(IteratedLocalSearchTest, LeavesALocalOptimumByAFewSteps) {
  const SearchSpace space = Space(8, 4, "");
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const auto strategy = MakeStrategy("ils", space, seed, 0);
    const Questions start = strategy->Ask(10);
    for (const std::uint64_t index : start) strategy->Tell(index, index == start[3] ? 1.0 : 2.0);
    const Questions neighbours = strategy->Ask(8 * 3);
    for (const std::uint64_t index : neighbours) strategy->Tell(index, 2.0);
    // Three steps at most, or a neighbour of what two steps there and back came to. Of random
    // configs one in 36 is as near.
    const Config here = space.At(start[3]);
    const Config there = space.At(strategy->Ask(1).at(0));
    int different = 0;
    for (const auto& [tile, value] : here.tiles()) {
      different += *there.Find(tile) == value ? 0 : 1;
    }
    EXPECT_LE(different, 3) << "seed " << seed;
  }
}

TEST(IteratedLocalSearchTest, KnownNeighboursAreMovedToWithoutAsking) {
  const SearchSpace space = Space(8, 4, "");
  int elsewhere = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const auto strategy = MakeStrategy("ils", space, seed, 0);
    const Questions start = strategy->Ask(10);
    for (const std::uint64_t index : start) strategy->Tell(index, index == start[3] ? 1.0 : 2.0);
    for (const std::uint64_t index : strategy->Ask(8 * 3)) strategy->Tell(index, 2.0);
    // Two steps from the optimum, and bad: what lies between is known and better.
    const std::uint64_t perturbed = strategy->Ask(1).at(0);
    strategy->Tell(perturbed, 5.0);
    const Questions around = space.Neighbours(perturbed);
    for (const std::uint64_t index : strategy->Ask(20)) {
      elsewhere += std::ranges::count(around, index) == 0 ? 1 : 0;
    }
  }
  EXPECT_GT(elsewhere, 10);
}

TEST(IteratedLocalSearchTest, LaterAnswersReplaceEarlierOnes) {
  const auto strategy = MakeStrategy("ils", Small(), 1, 0);
  const Questions start = strategy->Ask(10);
  for (const std::uint64_t index : start) strategy->Tell(index, index == start[2] ? 1.0 : 2.0);
  strategy->Tell(start[4], 1.5);
  strategy->Tell(start[2], 3.0);
  Questions unseen = Small().Neighbours(start[4]);
  std::erase_if(unseen, [&](std::uint64_t n) { return std::ranges::count(start, n) > 0; });
  EXPECT_THAT(strategy->Ask(unseen.size()), UnorderedElementsAreArray(unseen));
}

}  // namespace
}  // namespace tilesmith
