#include "tuner/gate/gate.h"

#include <cmath>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tuner/gate/scale_kernel.h"
#include "tuner/compile/compiler.h"

namespace tilesmith {
namespace {

using namespace testing_gate;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// --- which problems ---

/// The largest sizes are T = 13 and D = 512.
SpaceDefinition Space() {
  SpaceDefinition space;
  space.problems = {{"real", {{"T", 8}, {"D", 512}}}};
  space.ragged = {{"ragged-1", {{"T", 13}, {"D", 99}}}, {"ragged-2", {{"T", 1}, {"D", 1}}}};
  return space;
}

std::vector<std::string> ProblemsOf(const SpaceDefinition& space, const std::string& config) {
  std::vector<std::string> names;
  for (const auto& [stage, problem] : GateProblems(space, Config::Parse(config))) {
    names.push_back(stage + " " + ToString(problem.dims));
  }
  return names;
}

std::vector<std::string> TileProblemsOf(const std::string& dim, const std::string& block,
                                        const std::string& config) {
  SpaceDefinition space = Space();
  space.blocks[dim] = {Expression::Parse(block)};
  std::vector<std::string> names = ProblemsOf(space, config);
  std::erase_if(names, [](const std::string& name) { return name.starts_with("ragged"); });
  return names;
}

TEST(GateProblemsTest, WithoutBlocksAreTheRaggedOnes) {
  EXPECT_THAT(ProblemsOf(Space(), "T_TILE=4"), ElementsAre("ragged T=13,D=99", "ragged T=1,D=1"));
}

TEST(GateProblemsTest, SurroundEveryBlockSize) {
  EXPECT_THAT(TileProblemsOf("T", "T_TILE", "T_TILE=4"),
              ElementsAre("tiles T=3,D=99", "tiles T=4,D=99", "tiles T=5,D=99"));
  EXPECT_THAT(TileProblemsOf("D", "2 * D_TILE", "D_TILE=64"),
              ElementsAre("tiles T=13,D=127", "tiles T=13,D=128", "tiles T=13,D=129"));
}

TEST(GateProblemsTest, KnowSeveralBlocksOfADimension) {
  SpaceDefinition space = Space();
  space.blocks["T"] = {Expression::Parse("T_TILE"), Expression::Parse("2 * T_TILE")};
  EXPECT_EQ(ProblemsOf(space, "T_TILE=4").size(), 2u + 6u);
  EXPECT_EQ(ProblemsOf(space, "T_TILE=2").size(), 2u + 5u);  // 3 lies between 2 and 4
}

TEST(GateProblemsTest, HaveNoSizeBelowOne) {
  EXPECT_THAT(TileProblemsOf("T", "T_TILE", "T_TILE=1"),
              ElementsAre("tiles T=1,D=99", "tiles T=2,D=99"));
}

TEST(GateProblemsTest, StopAtTheLargestProblem) {
  EXPECT_THAT(TileProblemsOf("D", "D_TILE", "D_TILE=512"),
              ElementsAre("tiles T=13,D=511", "tiles T=13,D=512", "tiles T=13,D=513"));
  EXPECT_THAT(TileProblemsOf("D", "D_TILE", "D_TILE=1024"), IsEmpty());
}

TEST(GateProblemsTest, AreDistinct) {
  EXPECT_THAT(TileProblemsOf("T", "T_TILE", "T_TILE=13"),
              ElementsAre("tiles T=12,D=99", "tiles T=14,D=99"));
}

TEST(GateCasesTest, EndWithTheRealProblemAndHaveAllSeeds) {
  const KernelSpec kernel = MakeKernel();
  const SpaceDefinition space = Space();
  CaseLibrary library(kernel, {});
  GateOptions options;
  options.seeds = 3;
  options.first_seed = 5;
  std::vector<std::string> names;
  for (const GateCase& one :
       GateCases(space, Config::Parse("T_TILE=4"), space.problems[0], options, library)) {
    names.push_back(one.stage + " " + one.data->Name());
  }
  ASSERT_EQ(names.size(), 9u);
  EXPECT_EQ(names.front(), "ragged T=13,D=99 seed 5");
  EXPECT_EQ(names[6], "problem T=8,D=512 seed 5");
  EXPECT_EQ(names.back(), "problem T=8,D=512 seed 7");
}

// --- reports ---

TEST(GateReportTest, SurvivesJson) {
  GateReport report{Status::kWrong, "ragged", "y[0] \"bad\" \xff", false, 1.5, 3, 12345678901};
  const GateReport read = GateReport::FromJson(report.ToJson());
  EXPECT_EQ(read.status, Status::kWrong);
  EXPECT_EQ(read.stage, "ragged");
  EXPECT_THAT(read.message, HasSubstr("y[0] \"bad\" "));
  EXPECT_EQ(read.deterministic, false);
  EXPECT_EQ(read.error_share, 1.5);
  EXPECT_EQ(read.cases, 3);
  EXPECT_EQ(read.elements, 12345678901);
  report.deterministic.reset();
  report.error_share = std::numeric_limits<double>::infinity();
  EXPECT_EQ(GateReport::FromJson(report.ToJson()).deterministic, std::nullopt);
  EXPECT_EQ(GateReport::FromJson(report.ToJson()).error_share, report.error_share);
}

GateReport Report(Ending::How how, const std::string& diagnosis = "") {
  Ending ending;
  ending.how = how;
  ending.code = 11;
  ending.stage = "tiles T=3,D=99 seed 1";
  ending.diagnosis = diagnosis;
  return ReportOf(ending);
}

TEST(GateReportTest, OfAnEndingNamesTheStage) {
  EXPECT_EQ(Report(Ending::How::kSignalled).status, Status::kCrashed);
  EXPECT_EQ(Report(Ending::How::kSignalled).stage, "tiles");
  EXPECT_THAT(Report(Ending::How::kSignalled).message, HasSubstr("T=3,D=99 seed 1"));
  EXPECT_EQ(Report(Ending::How::kExited).status, Status::kCrashed);
  EXPECT_EQ(Report(Ending::How::kOutOfMemory).status, Status::kCrashed);
  EXPECT_EQ(Report(Ending::How::kTimedOut).status, Status::kTimedOut);
}

TEST(GateReportTest, OverwritingAnInputIsWrong) {
  EXPECT_EQ(Report(Ending::How::kSignalled, "overwrote input x at element 3").status,
            Status::kWrong);
  EXPECT_EQ(Report(Ending::How::kSignalled, "access 1 bytes past the end of x").status,
            Status::kCrashed);
}

// --- a variant that is right (those that are not: tests/broken) ---

class RightVariantTest : public testing::Test {
 protected:
  RightVariantTest() {
    CompilerOptions options;
    options.cache_folder = testing::TempDir() + "gate_test_cache";
    Compiler compiler(options);
    library_ = compiler.Compile(kernel_, {Config::Parse("T_TILE=4")}).front().library;
  }

  GateReport Check(const KernelSpec& kernel, const std::vector<std::string>& stages,
                   const Problem& problem, GateOptions options = {}) {
    CaseLibrary library(kernel, {});
    std::vector<GateCase> cases;
    std::uint64_t seed = 1;
    for (const std::string& stage : stages) cases.push_back({stage, library.Get(problem, seed++)});
    return CheckLibrary(kernel, library_, cases, options);
  }

  const KernelSpec kernel_ = MakeKernel();
  std::string library_;
};

TEST_F(RightVariantTest, PassesAndIsCounted) {
  const GateReport report = Check(kernel_, {"ragged", "ragged", "problem"}, Sizes(13, 99));
  EXPECT_TRUE(report.ok()) << report.message;
  EXPECT_EQ(report.cases, 3);
  EXPECT_EQ(report.elements, 3 * (13 * 99 + 13));
  EXPECT_LE(report.error_share, 1);
  EXPECT_EQ(report.deterministic, true);  // its state is restored from call to call
}

TEST_F(RightVariantTest, RepeatabilityIsOfTheRealProblemOnly) {
  EXPECT_EQ(Check(kernel_, {"ragged"}, Sizes(13, 99)).deterministic, std::nullopt);
  GateOptions options;
  options.repeats = 0;
  EXPECT_EQ(Check(kernel_, {"problem"}, Sizes(13, 99), options).deterministic, std::nullopt);
}

TEST_F(RightVariantTest, IsSuspectWhenNearlyAllOutputsAreZero) {
  KernelSpec kernel = kernel_;
  kernel.operands[kX].fill = Zeros();
  const GateReport report = Check(kernel, {"ragged"}, Sizes(1, 99));  // 99 zeros and a state
  EXPECT_EQ(report.status, Status::kSuspect);
  EXPECT_THAT(report.message, HasSubstr("99 % of the outputs are zero"));
  EXPECT_TRUE(Check(kernel, {"ragged"}, Sizes(1, 62)).ok());  // too few to mean anything
  kernel.operands[kX].fill = Values({0, 0, 0, 0, 1});
  EXPECT_TRUE(Check(kernel, {"ragged"}, Sizes(1, 99)).ok());
}

TEST_F(RightVariantTest, IsWrongByAnotherGolden) {
  KernelSpec kernel = kernel_;
  kernel.golden = [](const void* args) {
    Golden(*static_cast<const Args*>(args));
    static_cast<const Args*>(args)->state[1] = 9;
  };
  const GateReport report = Check(kernel, {"tiles"}, Sizes(3, 5));
  EXPECT_EQ(report.status, Status::kWrong);
  EXPECT_EQ(report.stage, "tiles");
  EXPECT_THAT(report.message, HasSubstr("state[1] expected 9, got 8"));
  EXPECT_THAT(report.message, HasSubstr("at T=3,D=5 seed 1"));
}

TEST_F(RightVariantTest, ALibraryThatDoesNotLoadIsReported) {
  library_ = "/nowhere/at_all.so";
  const GateReport report = Check(kernel_, {"ragged"}, Sizes(3, 5));
  EXPECT_EQ(report.status, Status::kCrashed);
  EXPECT_EQ(report.stage, "load");
  EXPECT_THAT(report.message, HasSubstr("at_all.so"));
}

}  // namespace
}  // namespace tilesmith
