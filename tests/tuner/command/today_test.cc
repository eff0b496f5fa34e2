#include "tuner/command/today.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tuner/command/selection.h"
#include "tuner/kernel.h"
#include "tuner/sweep/provenance.h"

namespace tilesmith {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// A kernel whose sources lie in a folder of the test's own, and what a sweep of it would have
// stored.
class TodayTest : public testing::Test {
 protected:
  TodayTest() {
    setenv("XDG_CACHE_HOME", (folder_ / "cache").c_str(), 1);
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    Write("variant.h", "template <auto kTiles> void Today(const int& x);\n");
    Write("today.cc", "// the golden\n");
    WriteSpace(7);
    store_.emplace((folder_ / "today.db").string());
    stored_ = Now();
  }

  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
  }
  void WriteSpace(int ragged) {
    Write("today.toml",
          "kernel = 'zz_today'\n[tiles]\nA_TILE = [1, 2]\n[default]\nA_TILE = 1\n"
          "[[problem]]\nname = 'p'\nN = 8\n[[ragged]]\nN = " +
              std::to_string(ragged) + "\n");
  }
  const KernelSpec& Kernel() {
    if (const KernelSpec* known = Registry::Get().Find("zz_today")) return *known;
    KernelSpec spec;
    spec.name = "zz_today";
    spec.function = "Today";
    spec.args_type = "int";
    spec.header = (folder_ / "variant.h").string();
    spec.registration_file = (folder_ / "today.cc").string();
    spec.space_file = (folder_ / "today.toml").string();
    spec.include_root = TILESMITH_SOURCE_DIR;
    spec.golden = [](const void*) {};
    spec.dims.push_back({"N", {}});
    Operand output;
    output.name = "y";
    output.direction = Direction::kOutput;
    spec.operands.push_back(std::move(output));
    return Registry::Get().Add(std::move(spec));
  }
  Provenance Now() {
    Compiler compiler(CompilerOptions{});
    Workshop workshop(*store_, compiler, machine_);
    SweepOptions options;
    options.threads = 1;
    return CurrentProvenance(Kernel(), LoadSpace(Kernel()), workshop, options);
  }
  std::string WhyStale(const Provenance& stored) {
    return Today(*store_, machine_, notes_).WhyStale(stored, measured_on_);
  }

  const fs::path folder_ = fs::path(testing::TempDir()) / "today_test";
  const Machine machine_ = Machine::Detect();
  MachineRecord measured_on_ = machine_.Record();
  std::optional<ResultStore> store_;
  Provenance stored_;
  std::ostringstream notes_;
};

TEST_F(TodayTest, NothingChanged) {
  EXPECT_EQ(WhyStale(stored_), "");
  EXPECT_EQ(notes_.str(), "");
}

TEST_F(TodayTest, CommentsOfTheKernelAreNotItsSource) {
  Write("variant.h", "// New words.\ntemplate <auto kTiles> void Today(const int& x);\n");
  EXPECT_EQ(WhyStale(stored_), "");
}

TEST_F(TodayTest, KernelSourceChanged) {
  Write("variant.h", "template <auto kTiles> void Today(const int& y);\n");
  EXPECT_EQ(WhyStale(stored_), "the kernel source changed");
}

TEST_F(TodayTest, GoldenChanged) {
  Write("today.cc", "int golden = 2;\n");
  EXPECT_EQ(WhyStale(stored_), "the golden changed");
}

TEST_F(TodayTest, SpaceChanged) {
  WriteSpace(9);
  EXPECT_EQ(WhyStale(stored_), "the search space changed");
}

TEST_F(TodayTest, CompilerAndToolChanged) {
  Provenance older = stored_;
  older.compiler_version = "g++ 1.0";
  EXPECT_THAT(WhyStale(older), HasSubstr("was 'g++ 1.0'"));
  older.tool_version = "0.0.1";
  EXPECT_THAT(WhyStale(older), HasSubstr("was 0.0.1"));
}

TEST_F(TodayTest, SeedAndThreadsOfTheSweepAreNoChange) {
  stored_.threads = 1;
  stored_.seed = 99;
  EXPECT_EQ(WhyStale(stored_), "");
}

TEST_F(TodayTest, KernelOfAnotherProgramIsNotJudged) {
  stored_.kernel = "zz_elsewhere";
  EXPECT_EQ(WhyStale(stored_), "");
}

TEST_F(TodayTest, WithoutTheCompilerThereIsANoteOnceAndNoVerdict) {
  Write("variant.h", "template <auto kTiles> void Today(const int& y);\n");
  stored_.compiler = "/nonexistent/g++";
  Today today(*store_, machine_, notes_);
  EXPECT_EQ(today.WhyStale(stored_, measured_on_), "");
  EXPECT_EQ(today.WhyStale(stored_, measured_on_), "");
  const std::string notes = notes_.str();
  EXPECT_THAT(notes, HasSubstr("/nonexistent/g++"));
  EXPECT_EQ(notes.find("note:"), notes.rfind("note:"));
}

TEST_F(TodayTest, SourceOfALikeMachineIsCompared) {
  stored_.machine = "another fingerprint";
  EXPECT_EQ(WhyStale(stored_), "");
  Write("variant.h", "template <auto kTiles> void Today(const int& y);\n");
  EXPECT_EQ(WhyStale(stored_), "the kernel source changed");
}

TEST_F(TodayTest, SourceOfAnUnlikeMachineIsNotButTheRestIs) {
  stored_.machine = "another fingerprint";
  measured_on_.detail = R"({"isa": ["none of ours"]})";
  Write("variant.h", "template <auto kTiles> void Today(const int& y);\n");
  EXPECT_EQ(WhyStale(stored_), "");
  EXPECT_THAT(notes_.str(), HasSubstr("cannot tell here whether the source of zz_today changed"));
  WriteSpace(9);
  EXPECT_EQ(WhyStale(stored_), "the search space changed");
}

TEST_F(TodayTest, StaleEntriesAreMovedToLeftOut) {
  HeaderEntry entry;
  entry.provenance = stored_;
  entry.machine = measured_on_;
  entry.duel.kernel = "zz_today";
  entry.duel.problem.name = "p";
  HeaderContents contents;
  contents.kernels.push_back({{}, {entry}});
  Today(*store_, machine_, notes_).LeaveOutStale(contents);
  EXPECT_EQ(contents.kernels.size(), 1u);
  EXPECT_TRUE(contents.left_out.empty());
  WriteSpace(9);
  Today(*store_, machine_, notes_).LeaveOutStale(contents);
  EXPECT_TRUE(contents.kernels.empty());
  EXPECT_THAT(contents.left_out, testing::ElementsAre("zz_today p: the search space changed"));
}

}  // namespace
}  // namespace tilesmith
