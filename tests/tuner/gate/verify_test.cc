#include "tuner/gate/verify.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/error.h"
#include "tests/tuner/gate/scale_kernel.h"
#include "tuner/gate/safetensors.h"
#include "tuner/space/space_file.h"

namespace tilesmith {
namespace {

namespace fs = std::filesystem;
using namespace testing_gate;
using testing::HasSubstr;

class VerifyTest : public testing::Test {
 protected:
  VerifyTest() : compiler_(Options(folder_)) {
    fs::remove_all(folder_ + "/data");
    kernel_.space_file = folder_ + "/gate_test.toml";
    std::ofstream(kernel_.space_file) << "kernel = \"gate_test\"\n[tiles]\nT_TILE = [2, 4, 1000]\n"
                                         "[default]\nT_TILE = 4\n[blocks]\nT = [\"T_TILE\"]\n"
                                         "[[problem]]\nname = \"small\"\nT = 8\nD = 64\n"
                                         "[[problem]]\nname = \"large\"\nT = 16\nD = 64\n"
                                         "[[ragged]]\nT = 13\nD = 99\n";
  }

  static CompilerOptions Options(const std::string& folder) {
    fs::create_directories(folder);
    CompilerOptions options;
    options.cache_folder = folder + "/cache";
    return options;
  }

  std::string Save() {
    return SaveGoldenData(kernel_, LoadSpaceFile(kernel_.space_file).problems[0], 1,
                          folder_ + "/data", {});
  }

  std::vector<Verified> Replay(const std::string& path) {
    return VerifyGoldenData({&kernel_}, path, compiler_, {});
  }

  const std::string folder_ = testing::TempDir() + "verify_test";
  KernelSpec kernel_ = MakeKernel();
  Compiler compiler_;
};

TEST_F(VerifyTest, RunsTheWholeGateOfAConfigOnEachProblem) {
  const SpaceDefinition space = LoadSpaceFile(kernel_.space_file);
  const auto verified =
      VerifyConfig(kernel_, space, space.problems, Config::Parse("T_TILE=2"), compiler_, {});
  ASSERT_EQ(verified.size(), 2u);
  EXPECT_EQ(verified[0].what, "small T_TILE=2");
  EXPECT_EQ(verified[1].what, "large T_TILE=2");
  for (const Verified& one : verified) {
    EXPECT_TRUE(one.report.ok()) << one.report.message;
    EXPECT_EQ(one.report.cases,
              10);  // ragged, three around the block, and the problem: two seeds each
    EXPECT_EQ(one.report.deterministic, true);
  }
}

TEST_F(VerifyTest, ReportsAConfigThatDoesNotCompile) {
  const SpaceDefinition space = LoadSpaceFile(kernel_.space_file);
  const auto verified =
      VerifyConfig(kernel_, space, space.problems, Config::Parse("T_TILE=1000"), compiler_, {});
  ASSERT_EQ(verified.size(), 2u);
  EXPECT_EQ(verified[0].report.status, Status::kCompileFailed);
  EXPECT_EQ(verified[0].report.stage, "compile");
  EXPECT_THAT(verified[0].report.message, HasSubstr("T_TILE is too large"));
}

TEST_F(VerifyTest, ReplaysWhatItSaved) {
  const std::string path = Save();
  EXPECT_EQ(path, folder_ + "/data/gate_test/small.safetensors");
  const auto verified = Replay(folder_ + "/data");
  ASSERT_EQ(verified.size(), 2u);
  EXPECT_EQ(verified[0].what, "small.safetensors golden");
  EXPECT_EQ(verified[1].what, "small.safetensors default variant");
  for (const Verified& one : verified) {
    EXPECT_TRUE(one.report.ok()) << one.report.message;
    EXPECT_EQ(one.report.elements, 8 * 64 + 8);
  }
  EXPECT_EQ(Replay(path).size(), 2u);
}

TEST_F(VerifyTest, FindsAnOutputThatDisagrees) {
  const std::string path = Save();
  SafeTensors file = LoadSafeTensors(path);
  const float wrong = 1e6;
  std::memcpy(file.tensors.at("out.y").data.data() + 4 * (64 + 3), &wrong, 4);
  SaveSafeTensors(path, file);
  const auto verified = Replay(path);
  ASSERT_EQ(verified.size(), 2u);
  for (const Verified& one : verified) {
    EXPECT_EQ(one.report.status, Status::kWrong);
    EXPECT_THAT(one.report.message, HasSubstr("y[1,3] expected 1000000, got "));
  }
  EXPECT_THAT(verified[0].report.message, HasSubstr("the golden disagrees with the file"));
}

TEST_F(VerifyTest, TheFilesScalarCounts) {
  const std::string path = Save();
  SafeTensors file = LoadSafeTensors(path);
  file.metadata["dims"] = R"({"T": 8, "D": 64, "limit": 3})";
  SaveSafeTensors(path, file);
  for (const Verified& one : Replay(path)) EXPECT_EQ(one.report.status, Status::kWrong);
}

TEST_F(VerifyTest, SaysWhenThereIsNothingToReplay) {
  Save();
  EXPECT_THROW(Replay(folder_ + "/nowhere"), UserError);
  kernel_.contract = "V9";
  try {
    Replay(folder_ + "/data");
    FAIL() << "found a contract that is not there";
  } catch (const UserError& error) {
    EXPECT_EQ(error.code(), Exit::kNothingMatched);
    EXPECT_THAT(error.what(), HasSubstr("gate_family"));
  }
}

TEST_F(VerifyTest, NamesADefectiveFileBeforeAnythingRuns) {
  const std::string path = Save();
  SafeTensors file = LoadSafeTensors(path);
  file.tensors.erase("in.codes");
  SaveSafeTensors(folder_ + "/data/gate_test/z.safetensors", file);
  EXPECT_THAT(
      [&] { Replay(folder_ + "/data"); },
      testing::ThrowsMessage<UserError>(HasSubstr("z.safetensors: tensor 'in.codes' is missing")));
}

// The family has a sibling that names alone cannot tell apart: it reads one tensor more.
TEST_F(VerifyTest, OfTwoKernelsOfOneNameTheOneWhoseTensorsAreThereIsReplayed) {
  const std::string path = Save();
  KernelSpec sibling = kernel_;
  sibling.name = "gate_test_sibling";
  sibling.operands.push_back(sibling.operands.front());
  sibling.operands.back().name = "more";
  for (const Verified& one : VerifyGoldenData({&sibling, &kernel_}, path, compiler_, {})) {
    EXPECT_EQ(one.kernel, kernel_.name);
  }
}

}  // namespace
}  // namespace tilesmith
