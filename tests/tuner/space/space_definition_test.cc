#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/tuner/space/space_helpers.h"
#include "tuner/space/space.h"

namespace tilesmith {
namespace {

TEST(SpaceDefinitionTest, GetProblem) {
  SpaceDefinition definition;
  definition.file = "k.toml";
  definition.kernel = "hc_post";
  definition.problems = {{"decode-flash", {{"D", 4096}}}, {"decode-pro", {{"D", 7168}}}};
  EXPECT_EQ(&definition.GetProblem("decode-pro"), &definition.problems[1]);
  EXPECT_EQ(definition.FindProblem("prefill"), nullptr);
  EXPECT_EQ(ErrorOf([&] { definition.GetProblem("decode-flsh"); }),
            "k.toml: hc_post has no problem 'decode-flsh'; did you mean 'decode-flash'?");
}

TEST(SpaceDefinitionTest, TruthHashIsOfWhatDecidesTheTruth) {
  SpaceDefinition base = Definition({{"A", {1, 2}}}, {"A < 2"});
  base.problems = {{"p", {{"D", 24}}}};
  base.ragged = {{"ragged-1", {{"D", 13}}}};
  base.blocks["D"] = {Expression::Parse("A")};
  SpaceDefinition same = base;
  same.tiles[0].values.push_back(4);
  same.constraints.clear();
  same.problems.push_back({"q", {{"D", 48}}});
  same.ragged[0].name = "odd";
  EXPECT_EQ(same.TruthHash(), base.TruthHash());

  SpaceDefinition renamed = base;
  renamed.tiles[0].name = "B";
  SpaceDefinition other_ragged = base;
  other_ragged.ragged[0].dims[0].second = 14;
  SpaceDefinition other_block = base;
  other_block.blocks["D"] = {Expression::Parse("2 * A")};
  for (const SpaceDefinition& other : {renamed, other_ragged, other_block}) {
    EXPECT_NE(other.TruthHash(), base.TruthHash());
  }
}

}  // namespace
}  // namespace tilesmith
