#include "tuner/sweep/stages.h"

#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/error.h"
#include "tuner/space/space_file.h"

namespace tilesmith {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Nothing {
  float* y;
  int T;
};
template <auto kTiles>
void Run(const Nothing& a) {
  for (int t = 0; t < a.T; ++t) a.y[t] = kTiles.T_TILE;
}
struct Tiles {
  int T_TILE = 1;
};
void Golden(const Nothing&) {}

const KernelSpec* Stage(const std::string& name) {
  return Kernel<Nothing>(name)
      .Template("none.h", "Run", &Run<Tiles{}>)
      .Space(testing::TempDir() + name + ".toml")
      .Dim("T", &Nothing::T)
      .Output("y", &Nothing::y, {"T"}, Exact())
      .Golden(&Golden)
      .Register();
}

std::string WriteStage(const std::string& name) {
  const std::string path = testing::TempDir() + name + ".toml";
  std::ofstream(path) << "kernel = \"" << name << "\"\n"
                      << "[tiles]\nT_TILE = [1, 2, 4]\n[default]\nT_TILE = 2\n"
                      << (name == "stage_b" ? "[classes]\nR = [\"T_TILE\"]\n" : "")
                      << "[[problem]]\nname = \"decode\"\nT = 8\n[[ragged]]\nT = 3\n";
  return path;
}

SpaceDefinition Composition(const std::string& stages) {
  const std::string path = testing::TempDir() + "whole.toml";
  std::ofstream(path) << "kernel = \"whole\"\n"
                      << stages << "[[problem]]\nname = \"decode\"\nT = 8\n[[ragged]]\nT = 3\n";
  return LoadSpaceFile(path);
}

constexpr char kTwoStages[] =
    "[[stage]]\nspace = \"stage_a.toml\"\nprefix = \"A\"\n"
    "[[stage]]\nspace = \"stage_b.toml\"\nprefix = \"B\"\n";

class StagesTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    for (const char* name : {"stage_a", "stage_b"}) {
      WriteStage(name);
      Stage(name);
    }
  }
};

TEST_F(StagesTest, TilesAreThoseOfTheStagesUnderTheirPrefix) {
  const SpaceDefinition space = Composition(kTwoStages);
  EXPECT_EQ(space.default_config.ToString(), "A_T_TILE=2,B_T_TILE=2");
  EXPECT_THAT(space.tiles[0].values, ElementsAre(2));  // what a stage may be is its own file's
  ASSERT_EQ(space.stages.size(), 2u);
  EXPECT_EQ(space.stages[1].kernel, "stage_b");
  EXPECT_FALSE(space.tiles[0].reorders);
  EXPECT_TRUE(space.tiles[1].reorders);
}

TEST_F(StagesTest, TwoStagesOfOnePrefixAreRefused) {
  try {
    Composition(
        "[[stage]]\nspace = \"stage_a.toml\"\nprefix = \"A\"\n"
        "[[stage]]\nspace = \"stage_b.toml\"\nprefix = \"A\"\n");
    FAIL();
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("two stages have a tile 'A_T_TILE'"));
  }
}

TEST_F(StagesTest, ChosenTilesJoinTheDefaults) {
  const SpaceDefinition space = Composition(kTwoStages);
  const std::vector<Config> chosen = {Config({{"T_TILE", 4}}), Config()};
  EXPECT_EQ(Composed(space, chosen).ToString(), "A_T_TILE=4,B_T_TILE=2");
  const SpaceDefinition extended = WithChosen(space, chosen);
  EXPECT_THAT(extended.tiles[0].values, ElementsAre(2, 4));
  EXPECT_THAT(extended.tiles[1].values, ElementsAre(2));
}

TEST_F(StagesTest, StagesComeFirstAndShareTheBudget) {
  const SpaceDefinition space = Composition(kTwoStages);
  KernelSpec whole = *Registry::Get().Find("stage_a");
  whole.name = "whole";
  SweepOptions options;
  options.budget.seconds = 60;
  std::vector<std::string> swept;
  SweepComposition(whole, space, space.problems.front(), options,
                   [&](const KernelSpec& kernel, const SpaceDefinition&, const Problem& problem,
                       const SweepOptions& with) {
                     swept.push_back(kernel.name + " " + problem.name);
                     if (kernel.name == "whole") {
                       EXPECT_FALSE(with.budget.seconds);  // or the choice would go untried
                     } else {
                       EXPECT_EQ(with.budget.seconds, 30);
                     }
                     EXPECT_EQ(with.candidates.empty(), kernel.name != "whole");
                     SweepResult result;
                     result.duel.chosen = Config({{"T_TILE", kernel.name == "stage_a" ? 1 : 4}});
                     if (kernel.name == "whole") {
                       EXPECT_EQ(with.candidates.front().ToString(), "A_T_TILE=1,B_T_TILE=4");
                     }
                     return result;
                   });
  EXPECT_THAT(swept, ElementsAre("stage_a decode", "stage_b decode", "whole decode"));
}

}  // namespace
}  // namespace tilesmith
