#include "tuner/gate/exact_tiles.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tuner/gate/split_sum.h"
#include "tuner/compile/compiler.h"
#include "tuner/kernel.h"
#include "tuner/space/space.h"

namespace tilesmith {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;
using testing_gate::SplitSumArgs;

void SumGolden(const SplitSumArgs& a) {
  for (int row = 0; row < 4; ++row) {
    double sum = 0;
    for (int i = 0; i < a.N; ++i) sum += static_cast<double>(a.x[row * a.N + i]);
    a.sum[row] = static_cast<float>(sum);
  }
}

const KernelSpec& SplitSumKernel() {
  struct Seed {
    int ROWS = 1;
    int SPLIT = 1;
    int K_TILE = 16;
  };
  static const KernelSpec* const spec =
      Kernel<SplitSumArgs>("split_sum")
          .Template("split_sum.h", "tilesmith::testing_gate::SplitSum",
                    &testing_gate::SplitSum<Seed{}>)
          .Dim("N", &SplitSumArgs::N)
          .Input("x", &SplitSumArgs::x, {"4", "N"}, Uniform(1, 2))
          .Output("sum", &SplitSumArgs::sum, {"4"}, AllClose(0, 1e-3))
          .Golden(&SumGolden)
          .Register();
  return *spec;
}

const Problem kSmall = {"small", {{"N", 1000}}};

/// ROWS is of class E and so is SPLIT, wrongly so; K_TILE is of class R.
SpaceDefinition Space() {
  SpaceDefinition space;
  space.tiles = {{"ROWS", {1, 2, 4}}, {"SPLIT", {1, 2}}, {"K_TILE", {8, 16, 32}, true}};
  space.default_config = Config({{"ROWS", 2}, {"SPLIT", 1}, {"K_TILE", 16}});
  space.problems = {kSmall};
  space.ragged = {{"ragged-1", {{"N", 99}}}};
  return space;
}

std::vector<Config> Draw(const SpaceDefinition& definition, int count, std::uint64_t seed) {
  return DrawExact(definition, SearchSpace(definition, kSmall, {}), count, seed);
}

// --- drawing ---

TEST(DrawExactTest, LeavesClassRAtTheDefault) {
  const std::vector<Config> drawn = Draw(Space(), 100, 1);
  ASSERT_THAT(drawn, SizeIs(5));  // 3 · 2 of class E less the default
  for (const Config& config : drawn) EXPECT_EQ(*config.Find("K_TILE"), 16) << config.ToString();
}

TEST(DrawExactTest, DrawsDifferentConfigsAndNeverTheDefault) {
  std::vector<std::string> names;
  for (const Config& config : Draw(Space(), 100, 1)) names.push_back(config.ToString());
  EXPECT_THAT(names, Not(testing::Contains(Space().default_config.ToString())));
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

TEST(DrawExactTest, TheSeedDecides) {
  EXPECT_EQ(Draw(Space(), 3, 1), Draw(Space(), 3, 1));
  bool differs = false;
  for (std::uint64_t seed = 2; seed < 12; ++seed) {
    differs = differs || Draw(Space(), 3, seed) != Draw(Space(), 3, 1);
  }
  EXPECT_TRUE(differs);
}

TEST(DrawExactTest, DrawsNoMoreThanAsked) {
  EXPECT_THAT(Draw(Space(), 2, 1), SizeIs(2));
  EXPECT_THAT(Draw(Space(), 0, 1), IsEmpty());
}

// Where K_TILE may not be 16 with ROWS = 4, no such config is left to draw.
TEST(DrawExactTest, ConfigsStayLegalAtTheDefaultsClassR) {
  SpaceDefinition space = Space();
  space.constraints = {{"tied", Expression::Parse("ROWS < 4 or K_TILE == 32")}};
  const std::vector<Config> drawn = Draw(space, 100, 1);
  EXPECT_THAT(drawn, SizeIs(3));
  for (const Config& config : drawn) EXPECT_NE(*config.Find("ROWS"), 4) << config.ToString();
}

TEST(DrawExactTest, WithoutExactTilesThereIsNothingToDraw) {
  SpaceDefinition space = Space();
  for (Tile& tile : space.tiles) tile.reorders = true;
  EXPECT_THAT(Draw(space, 10, 1), IsEmpty());
}

// --- comparing ---

class SameBitsTest : public testing::Test {
 protected:
  static Compiler MakeCompiler() {
    const std::string folder = testing::TempDir() + "exact_tiles_test";
    std::filesystem::create_directories(folder);
    CompilerOptions options;
    options.cache_folder = folder + "/cache";
    return Compiler(options);
  }

  GateReport Compare(const std::string& config) {
    const std::vector<Compiled> compiled =
        compiler_.Compile(kernel_, {Config::Parse(config), Space().default_config});
    for (const Compiled& one : compiled) EXPECT_EQ(one.outcome, Compiled::Outcome::kOk);
    GateOptions options;
    options.seeds = 1;
    const auto cases = GateCases(Space(), Space().default_config, kSmall, options, library_);
    EXPECT_TRUE(CheckLibrary(kernel_, compiled[0].library, cases, options).ok())
        << "within tolerance is the point";
    return CheckSameBits(kernel_, compiled[0].library, compiled[1].library, cases, options);
  }

  const KernelSpec& kernel_ = SplitSumKernel();
  CaseLibrary library_{kernel_, {}};
  Compiler compiler_ = MakeCompiler();
};

TEST_F(SameBitsTest, AnExactTileKeepsThem) {
  const GateReport report = Compare("ROWS=4,SPLIT=1,K_TILE=16");
  EXPECT_TRUE(report.ok()) << report.message;
  EXPECT_EQ(report.cases, 2);
  EXPECT_EQ(report.elements, 8);
}

TEST_F(SameBitsTest, ATileThatChangesThemIsFound) {
  const GateReport report = Compare("ROWS=2,SPLIT=2,K_TILE=16");
  EXPECT_EQ(report.status, Status::kWrong);
  EXPECT_EQ(report.stage, "exact");
  EXPECT_THAT(report.message, AllOf(StartsWith("sum[3] of N=99 seed 1 is "),
                                    HasSubstr(" with the default's tiles, "),
                                    HasSubstr(" with these: a tile of class E changed its bits")));
}

TEST_F(SameBitsTest, VerifyExactHasARowPerDraw) {
  GateOptions options;
  options.seeds = 1;
  const std::vector<Verified> rows =
      VerifyExact(kernel_, Space(), kSmall, {}, 100, compiler_, options);
  ASSERT_THAT(rows, SizeIs(5));
  for (const Verified& row : rows) {
    EXPECT_THAT(row.what,
                AllOf(StartsWith("small ROWS="), HasSubstr("against the default's bits")));
    const bool split = row.what.find("SPLIT=2") != std::string::npos;
    EXPECT_EQ(row.report.ok(), !split) << row.what << ": " << row.report.message;
  }
}

}  // namespace
}  // namespace tilesmith
