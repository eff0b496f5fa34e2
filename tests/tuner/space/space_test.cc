#include "tuner/space/space.h"

#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tuner/space/space_helpers.h"

namespace tilesmith {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

std::vector<std::string> Configs(const SearchSpace& space) {
  std::vector<std::string> configs;
  for (std::uint64_t i = 0; i < space.Count(); ++i) configs.push_back(space.At(i).ToString());
  return configs;
}

TEST(SearchSpaceTest, WithoutConstraintsIsTheProductInDeclaredOrder) {
  const SearchSpace space(Definition({{"A", {2, 1}}, {"B", {5}}, {"C", {8, 4, 6}}}, {}), Decode(),
                          {});
  EXPECT_EQ(space.Cartesian(), 6);
  EXPECT_THAT(Configs(space), ElementsAre("A=2,B=5,C=8", "A=2,B=5,C=4", "A=2,B=5,C=6",
                                          "A=1,B=5,C=8", "A=1,B=5,C=4", "A=1,B=5,C=6"));
}

TEST(SearchSpaceTest, GroupsAreOrderedByTheirFirstTile) {
  // A and C form a group, so B, declared between them, varies faster than both.
  const SearchSpace space(Definition({{"A", {1, 2}}, {"B", {7, 9}}, {"C", {1, 2}}}, {"A <= C"}),
                          Decode(), {});
  EXPECT_THAT(Configs(space), ElementsAre("A=1,B=7,C=1", "A=1,B=9,C=1", "A=1,B=7,C=2",
                                          "A=1,B=9,C=2", "A=2,B=7,C=2", "A=2,B=9,C=2"));
}

TEST(SearchSpaceTest, ConstraintsUseDimensionsAndFacts) {
  const SearchSpace space(
      Definition({{"A", {1, 2, 4, 5, 12}}}, {"D % A == 0", "A * D <= l2_bytes"}), Decode(),
      {{"l2_bytes", 100}});
  EXPECT_THAT(Configs(space), ElementsAre("A=1", "A=2", "A=4"));
}

TEST(SearchSpaceTest, PruneCountsArePartialConfigsAndTheFirstRejection) {
  const SearchSpace space(Definition({{"A", {1, 2, 3, 4}}, {"B", {1, 2, 3}}},
                                     {"A + B <= 5", "A % 2 == 0", "B != 3", "D == 24"}),
                          Decode(), {});
  // A = 1 and 3 fall at once, standing for three configs each. Of A = 2 with B = 1, 2, 3 only the
  // last is rejected, by `B != 3`; A = 4 with 2 and with 3 by the sum, which comes first.
  EXPECT_THAT(space.PruneCounts(),
              ElementsAre(Pair("rule A + B <= 5", 2), Pair("rule A % 2 == 0", 2),
                          Pair("rule B != 3", 1), Pair("rule D == 24", 0)));
  EXPECT_THAT(Configs(space), ElementsAre("A=2,B=1", "A=2,B=2", "A=4,B=1"));
}

TEST(SearchSpaceTest, HugeSpacesAreNotListed) {
  std::vector<Tile> tiles;
  for (int i = 0; i < 15; ++i) {
    tiles.push_back({"T" + std::to_string(i), {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}});
  }
  const SearchSpace space(Definition(tiles, {"T0 <= T14", "T3 % T4 == 0"}), Decode(), {});
  // 55 of the 100 pairs are ordered; 27 of the 100 divide.
  EXPECT_EQ(space.Count(), 55 * 27 * 100'000'000'000u);
  EXPECT_EQ(space.Cartesian(), 1e15);
  for (const std::uint64_t index : {std::uint64_t{0}, space.Count() / 3, space.Count() - 1}) {
    EXPECT_EQ(space.IndexOf(space.At(index)), index);
  }
}

TEST(SearchSpaceTest, DefaultIndex) {
  SpaceDefinition definition = Definition({{"A", {1, 2}}, {"B", {3, 4}}}, {"A < B"});
  EXPECT_EQ(SearchSpace(definition, Decode(), {}).DefaultIndex(), 0u);
  definition.default_config = Config({{"A", 2}, {"B", 3}});
  EXPECT_EQ(SearchSpace(definition, Decode(), {}).DefaultIndex(), 2u);
}

TEST(SearchSpaceTest, DefaultMustSatisfyTheConstraints) {
  SpaceDefinition definition =
      Definition({{"A", {1, 2}}, {"B", {3, 4}}}, {"A * B * D <= l2_bytes"});
  definition.file = "k.toml";
  definition.default_config = Config({{"A", 2}, {"B", 4}});
  EXPECT_EQ(ErrorOf([&] {
              SearchSpace(definition, Decode(), {{"l2_bytes", 100}});
            }),
            "k.toml:10: default A=2,B=4 violates 'rule A * B * D <= l2_bytes' (A * B * D <= "
            "l2_bytes; A=2, B=4, D=24, l2_bytes=100) on problem decode-pro; change [default] or "
            "the constraint");
  EXPECT_EQ(ErrorOf([&] { SearchSpace(definition, Decode(), {{"l2_bytes", 200}}); }), "");
}

TEST(SearchSpaceTest, DefaultMustBeMadeOfTheTilesValues) {
  SpaceDefinition definition = Definition({{"A", {1, 2}}, {"B", {3, 4}}}, {"A < B"});
  definition.default_config = Config({{"A", 2}});
  EXPECT_THAT(ErrorOf([&] { SearchSpace(definition, Decode(), {}); }),
              HasSubstr("default A=2: B is missing"));
  definition.default_config = Config({{"A", 2}, {"B", 5}});
  EXPECT_THAT(ErrorOf([&] { SearchSpace(definition, Decode(), {}); }),
              HasSubstr("B has no value 5 (values: 3, 4)"));
}

TEST(SearchSpaceTest, NoValidConfigNamesTheConstraintThatRejectedTheLast) {
  SpaceDefinition definition =
      Definition({{"A", {1, 2, 3}}, {"B", {1, 2}}}, {"A >= 2", "A + B > 9"});
  definition.file = "k.toml";
  EXPECT_EQ(ErrorOf([&] { SearchSpace(definition, Decode(), {}); }),
            "k.toml:11: constraint 'rule A + B > 9' (A + B > 9) rejects the last 4 partial "
            "configs, so no config is valid on problem decode-pro; relax it or give tiles more "
            "values");
}

TEST(SearchSpaceTest, ConstraintWithoutFreeTilesIsTestedOnce) {
  SpaceDefinition definition = Definition({{"A", {1, 2}}, {"B", {6}}}, {"D % B == 1"});
  EXPECT_THAT(ErrorOf([&] { SearchSpace(definition, Decode(), {}); }),
              HasSubstr("no config is valid on problem decode-pro: whatever the tiles, it violates "
                        "'rule D % B == 1' (D % B == 1; D=24, B=6)"));
}

TEST(SearchSpaceTest, MistakesInConstraintsNameThem) {
  SpaceDefinition definition = Definition({{"T_TILE", {1, 2}}}, {"T_TIEL < 2"});
  definition.file = "k.toml";
  EXPECT_EQ(ErrorOf([&] { SearchSpace(definition, Decode(), {}); }),
            "k.toml:10: constraint 'rule T_TIEL < 2' (T_TIEL < 2): 'T_TIEL' is no tile, dimension "
            "or machine fact; did you mean 'T_TILE'?");
  definition = Definition({{"A", {1, 2}}, {"B", {1, 2}}}, {"A % (B - 2) == 0"});
  definition.file = "k.toml";
  EXPECT_EQ(ErrorOf([&] { SearchSpace(definition, Decode(), {}); }),
            "k.toml:10: constraint 'rule A % (B - 2) == 0' (A % (B - 2) == 0): division by zero "
            "with A=1,B=2");
  definition = Definition({{"D", {1, 2}}}, {});
  EXPECT_THAT(ErrorOf([&] { SearchSpace(definition, Decode(), {}); }),
              HasSubstr("'D' is a tile and a dimension or machine fact"));
}

TEST(SearchSpaceTest, MoreThan64BitsOfConfigsAreRefused) {
  std::vector<Tile> tiles;
  for (int i = 0; i < 65; ++i) tiles.push_back({"T" + std::to_string(i), {1, 2}});
  EXPECT_THAT(ErrorOf([&] { SearchSpace(Definition(tiles, {}), Decode(), {}); }),
              HasSubstr("more than 2^64 valid configs"));
}

TEST(SearchSpaceTest, Explain) {
  const SearchSpace space(Definition({{"A", {1, 2}}, {"B", {1, 2}}}, {"A <= B"}), Decode(), {});
  EXPECT_EQ(space.Explain(Config({{"A", 1}, {"B", 2}})), "");
  EXPECT_EQ(space.Explain(Config({{"B", 2}, {"A", 1}})), "");
  EXPECT_EQ(space.Explain(Config({{"A", 3}, {"B", 2}})), "A has no value 3 (values: 1, 2)");
  EXPECT_EQ(space.Explain(Config({{"A", 1}})), "B is missing");
  EXPECT_THAT(space.Explain(Config({{"A", 1}, {"B", 2}, {"X", 2}})), HasSubstr("no tile 'X'"));
  EXPECT_EQ(space.Explain(Config({{"A", 2}, {"B", 1}})),
            "violates 'rule A <= B' (A <= B; A=2, B=1)");
}

TEST(SearchSpaceTest, IndexOfTakesTilesInAnyOrder) {
  const SearchSpace space(Definition({{"A", {1, 2}}, {"B", {1, 2}}}, {}), Decode(), {});
  EXPECT_EQ(space.IndexOf(Config({{"B", 1}, {"A", 2}})), 2u);
  EXPECT_EQ(space.IndexOf(Config({{"A", 2}})), std::nullopt);
  EXPECT_EQ(space.IndexOf(Config({{"A", 2}, {"B", 1}, {"C", 1}})), std::nullopt);
  EXPECT_EQ(space.IndexOf(Config({{"A", 2}, {"B", 7}})), std::nullopt);
}

TEST(SearchSpaceTest, SampleIsUniformAndSeeded) {
  const SearchSpace space(Definition({{"A", {1, 2, 3}}, {"B", {1, 2, 3}}}, {"A <= B"}), Decode(),
                          {});
  std::mt19937_64 random(7);
  std::vector<int> hits(space.Count());
  for (int i = 0; i < 6000; ++i) ++hits.at(space.Sample(random));
  // Binomial with mean 1000 and deviation 29; five of those.
  for (const int hit : hits) EXPECT_NEAR(hit, 1000, 145);
  std::mt19937_64 again(7);
  std::mt19937_64 same(7);
  EXPECT_EQ(space.Sample(again), space.Sample(same));
}

}  // namespace
}  // namespace tilesmith
