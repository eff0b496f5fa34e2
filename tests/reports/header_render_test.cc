#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <regex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/generated_header.h"
#include "results/error.h"
#include "tests/reports/example_records.h"

namespace tilesmith {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

HeaderKernel SecondKernel() {
  HeaderKernel kernel = ExampleKernel();
  kernel.space.kernel = "a_kernel";
  for (HeaderEntry& entry : kernel.entries) entry.duel.kernel = "a_kernel";
  return kernel;
}

// A kernel of 20 tiles and 8 dimensions with long names, problems with odd ones, and a long rule.
HeaderKernel OddKernel() {
  HeaderKernel kernel;
  kernel.space.kernel = "for";
  Dims tiles;
  Dims dims;
  std::string rule;
  for (int i = 0; i < 20; ++i) {
    const std::string name = "RATHER_LONG_TILE_NAME_" + std::to_string(i);
    kernel.space.tiles.push_back(name);
    tiles.emplace_back(name, 16 + i);
    rule += (i == 0 ? "" : " + ") + name;
  }
  for (int i = 0; i < 8; ++i) {
    kernel.space.dims.push_back("DIMENSION_" + std::to_string(i));
    dims.emplace_back(kernel.space.dims.back(), 1 << i);
  }
  kernel.space.default_config = Config(tiles);
  kernel.space.constraints = {{"a rule \\", rule + "<=1000", rule + "<=1000", kernel.space.tiles}};
  for (const char* problem : {"8k", "decode flash", "decode-flash", "default", "entries",
                              "w\"\\\n?\?/", "µ", "", "// clang-format off"}) {
    HeaderEntry entry = ExampleEntry(problem, 1, 1, "T_TILE=1");
    entry.duel.problem.dims = dims;
    entry.duel.chosen = Config(tiles);
    entry.machine.name = std::string(120, 'm') + " \\";
    entry.provenance.flags = "-DPATH=\"C:\\new\\\" \xE2\x80\xAE";
    kernel.entries.push_back(entry);
  }
  return kernel;
}

TEST(GenerateHeaderTest, IsTheGoldenText) {
  const std::string golden = TILESMITH_SOURCE_DIR "/tests/reports/golden/tuned_kernels.h";
  const std::string actual = GenerateHeader({ExampleKernel()});
  const std::string written = testing::TempDir() + "tuned_kernels.h";
  WriteFileAtomically(written, actual);
  EXPECT_EQ(actual, ReadFile(golden)) << "to accept it: cp " << written << " " << golden;
}

TEST(GenerateHeaderTest, DoesNotDependOnTheOrderOfItsInput) {
  std::vector<HeaderKernel> kernels = {ExampleKernel(), SecondKernel(), OddKernel()};
  const std::string expected = GenerateHeader(kernels);
  std::mt19937_64 random(1);
  for (int i = 0; i < 20; ++i) {
    std::shuffle(kernels.begin(), kernels.end(), random);
    for (HeaderKernel& kernel : kernels) {
      std::shuffle(kernel.entries.begin(), kernel.entries.end(), random);
    }
    ASSERT_EQ(GenerateHeader(kernels), expected);
  }
}

TEST(GenerateHeaderTest, IncludesNothingAndDefinesNoMacro) {
  const std::string text = GenerateHeader({ExampleKernel(), SecondKernel(), OddKernel()});
  std::vector<std::string> directives;
  const std::regex directive("(^|\n)[ \t]*(#[^\n]*)");
  for (std::sregex_iterator it(text.begin(), text.end(), directive), end; it != end; ++it) {
    directives.push_back((*it)[2]);
  }
  EXPECT_THAT(directives, testing::ElementsAre("#pragma once"));
  EXPECT_EQ(text.find('\t'), std::string::npos);
  EXPECT_TRUE(std::all_of(text.begin(), text.end(),
                          [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
}

// A golden of its own would not tell: names of every length, and kernels with and without entries.
TEST(GenerateHeaderTest, IsWhatClangFormatLeavesAsItIs) {
  if (std::system("clang-format --version > /dev/null 2>&1") != 0) {
    GTEST_SKIP() << "no clang-format here";
  }
  HeaderKernel bare = ExampleKernel();
  bare.space.kernel = "bare";
  bare.space.constraints.clear();
  bare.entries.clear();
  HeaderKernel single = SecondKernel();
  single.entries.resize(1);
  const std::string text = GenerateHeader({ExampleKernel(), single, OddKernel(), bare});
  const std::string file = testing::TempDir() + "formatted.h";
  WriteFileAtomically(file, text);
  const std::string command =
      "clang-format -i --style=file:" TILESMITH_SOURCE_DIR "/.clang-format " + file;
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_EQ(ReadFile(file), text);
}

TEST(GenerateHeaderTest, ProblemsOfTheSameIdentifierStayApart) {
  const std::string text = GenerateHeader({OddKernel()});
  for (const char* name :
       {"kDefault ", "kDefault2 ", "kDecodeFlash ", "kDecodeFlash2 ", "kEntries2 ", "k8k ", "kW ",
        "kProblem ", "kProblem2 ", "kClangFormatOff "}) {
    EXPECT_THAT(text, HasSubstr(std::string("inline constexpr Tiles ") + name));
  }
  EXPECT_THAT(text, HasSubstr("namespace tuned::for_ {"));
}

TEST(GenerateHeaderTest, ProblemsWithEqualTilesShareACase) {
  HeaderKernel kernel = ExampleKernel();
  kernel.entries[2].duel.chosen = kernel.entries[0].duel.chosen;
  const std::string text = GenerateHeader({kernel});
  EXPECT_THAT(text, HasSubstr("    case 0:\n"
                              "    case 2: f.template operator()<kDecodeFlash>(); break;\n"
                              "    case 1: f.template operator()<kDecodePro>(); break;\n"));
  EXPECT_THAT(text, Not(HasSubstr("<kPrefill>")));
}

TEST(GenerateHeaderTest, NoKernelsIsStillAHeader) {
  EXPECT_THAT(GenerateHeader({}), HasSubstr("problems 0, kernels 0"));
}

// What GenerateHeader says of a record that C++ cannot say.
std::string Refusal(const HeaderKernel& kernel) {
  try {
    GenerateHeader({kernel});
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

TEST(GenerateHeaderTest, RefusesEntriesThatAreNotOfTheSpace) {
  HeaderKernel kernel = ExampleKernel();
  kernel.entries[0].duel.chosen = Config::Parse("T_TILE=4");
  EXPECT_THAT(Refusal(kernel), HasSubstr("hc_post decode-flash: 'T_TILE=4' does not fit"));
  kernel.entries[0].duel.chosen = Config::Parse("T_TILE=4,D_TILE=8,X=1");
  EXPECT_THAT(Refusal(kernel), HasSubstr("does not fit"));
  kernel = ExampleKernel();
  kernel.entries[0].duel.problem.dims = {{"T", 8}};
  EXPECT_THAT(Refusal(kernel), HasSubstr("'T=8' does not fit the kernel's space (T, D)"));
}

TEST(GenerateHeaderTest, RefusesTilesThatAreNoIntOrNoMember) {
  HeaderKernel kernel = ExampleKernel();
  kernel.entries[0].duel.chosen = Config({{"T_TILE", std::int64_t{1} << 31}, {"D_TILE", 1}});
  EXPECT_THAT(Refusal(kernel), HasSubstr("T_TILE=2147483648 is too large"));
  kernel = ExampleKernel();
  kernel.space.tiles[0] = "T-TILE";
  EXPECT_THAT(Refusal(kernel), HasSubstr("'T-TILE' cannot be a member of a C++ struct"));
}

}  // namespace
}  // namespace tilesmith
