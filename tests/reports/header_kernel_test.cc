// What generated headers do once compiled: by every compiler at hand, with warnings as errors.
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/generated_header.h"
#include "tests/reports/example_records.h"

namespace tilesmith {
namespace {

struct Outcome {
  int status = -1;
  std::string output;
};

// Runs a shell command; its stdout and stderr together.
Outcome RunShell(const std::string& command) {
  const std::string log = testing::TempDir() + "header_kernel_test.log";
  const int raw = std::system((command + " > " + log + " 2>&1").c_str());
  std::ifstream file(log);
  return {WIFEXITED(raw) ? WEXITSTATUS(raw) : -1, {std::istreambuf_iterator<char>(file), {}}};
}

class CompiledHeaderTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (RunShell(std::string(GetParam()) + " --version").status != 0) {
      GTEST_SKIP() << "no " << GetParam() << " here";
    }
  }

  std::string Path(const std::string& name) const {
    return testing::TempDir() + GetParam() + "_" + name;
  }

  // Writes the text and returns its path, which starts with the compiler's name.
  std::string Write(const std::string& name, const std::string& text) const {
    WriteFileAtomically(Path(name), text);
    return Path(name);
  }

  // Compiles with every warning an error; `arguments` are files and further flags.
  Outcome Compile(const std::string& arguments) const {
    return RunShell(
        std::string(GetParam()) +
        " -std=c++20 -O1 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wundef -Werror " +
        arguments);
  }
};

INSTANTIATE_TEST_SUITE_P(Compilers, CompiledHeaderTest, testing::Values("g++", "clang++"),
                         [](const auto& compiler) {
                           return std::string(compiler.param).substr(0, 1) + "xx";
                         });

// Choices of the example header, checked by the compiler itself. Its entries are decode-flash
// (T=8,D=4096) 4x1024, decode-pro (T=8,D=7168) 2x1024 and prefill (T=1024,D=4096) 8x512, the
// default's tiles; blocks must divide D.
constexpr const char* kStaticChecks = R"(
using namespace tuned::hc_post;
constexpr bool Picks(const Shape& shape, Match match, int entry) {
  const Choice choice = Find(shape);
  return choice.match == match && choice.entry == entry;
}
static_assert(Picks({.T = 8, .D = 4096}, Match::exact, 0));
static_assert(Picks({.T = 8, .D = 7168}, Match::exact, 1));
static_assert(Picks({.T = 1024, .D = 4096}, Match::exact, 2));
static_assert(Picks({.T = 16, .D = 4096}, Match::nearest, 0));
static_assert(Picks({.T = 8, .D = 8192}, Match::nearest, 1));
static_assert(Picks({.T = 512, .D = 8192}, Match::nearest, 2));
// log2(90.5 / 8) = 3.4999, log2(1024 / 91) = 3.492: the middle between two problems.
static_assert(Picks({.T = 90, .D = 4096}, Match::nearest, 0));
static_assert(Picks({.T = 91, .D = 4096}, Match::nearest, 2));
// Every dimension counts: the product of 4096 and 8 is decode-flash's, its shape is not.
static_assert(Picks({.T = 4096, .D = 8 * 1024}, Match::nearest, 2));
// 1536 = 3 * 512 forbids blocks of 1024, so the far prefill is the nearest legal one.
static_assert(Picks({.T = 8, .D = 1536}, Match::nearest, 2));
// No tile divides 4099: nothing is legal.
static_assert(Picks({.T = 8, .D = 4099}, Match::none, -1));
// Empty and senseless sizes count as 1.
static_assert(Picks({.T = 0, .D = 4096}, Match::nearest, 0));
static_assert(Picks({.T = -5, .D = -4096}, Match::nearest, 0));
static_assert(!Legal(Tiles{.T_TILE = 16, .D_TILE = 1024}, Shape{.T = 8, .D = 4096}));
static_assert(Legal(kDefault, Shape{.T = 8, .D = 4096}));
static_assert(tuned::detail::Log2(1) == 0 && tuned::detail::Log2(0) == 0);
static_assert(tuned::detail::Log2(-9223372036854775807LL) == 0);
static_assert(tuned::detail::Log2(1024) == 10LL << 20);
static_assert(tuned::detail::Log2(3) == 1661953);  // floor(log2(3) * 2^20)
static_assert(tuned::detail::Log2(9223372036854775807LL) == (63LL << 20) - 1);
static_assert(tuned::detail::Log2(1000001) > tuned::detail::Log2(1000000));
static_assert(tuned::detail::LogDistance(8, 32) == tuned::detail::LogDistance(32, 8));
)";

constexpr const char* kProgram = R"(
#include <cstdio>
const void* Other();
template <auto kTiles> struct Kernel {
  static void Run() { std::printf("%dx%d ", kTiles.T_TILE, kTiles.D_TILE); }
};
int main() {
  const char* words[] = {"exact", "nearest", "fallback", "none"};
  const Shape shapes[] = {{8, 4096}, {8, 7168}, {16, 4096}, {8, 1536}, {8, 4099}};
  for (const Shape& shape : shapes) {
    int calls = 0;
    const tuned::Match match = Dispatch(shape, [&]<auto kTiles> {
      ++calls;
      Kernel<kTiles>::Run();
    });
    std::printf("%s %d\n", words[static_cast<int>(match)], calls);
  }
  constexpr int tile = [] {
    int result = 0;
    Dispatch({.T = 8, .D = 7168}, [&]<auto kTiles> { result = kTiles.T_TILE; });
    return result;
  }();
  static_assert(tile == 2);
  std::printf("%s\n", Other() == static_cast<const void*>(kEntries) ? "one table" : "two tables");
}
)";

TEST_P(CompiledHeaderTest, ExampleIsTheSameInEveryUnitAndDispatches) {
  const std::string header = Write("example.h", GenerateHeader({ExampleKernel()}));
  const std::string include = "#include \"" + header + "\"\n";
  const std::string main = Write("main.cc", include + include + kStaticChecks + kProgram);
  const std::string other =
      Write("other.cc", include +
                            "const void* Other();\n"
                            "const void* Other() { return tuned::hc_post::kEntries; }\n");
  const Outcome compiled = Compile(main + " " + other + " -o " + Path("program"));
  ASSERT_EQ(compiled.status, 0) << compiled.output;
  const Outcome ran = RunShell(Path("program"));
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.output,
            "4x1024 exact 1\n"
            "2x1024 exact 1\n"
            "4x1024 nearest 1\n"
            "8x512 nearest 1\n"
            "none 0\n"
            "one table\n");
}

// Ties and doubles need a header of their own: two problems of the same sizes, two as far from a
// third.
TEST_P(CompiledHeaderTest, TheFirstNameWinsTies) {
  HeaderKernel kernel = ExampleKernel();
  kernel.entries = {ExampleEntry("c", 32, 4096, "T_TILE=1,D_TILE=256"),
                    ExampleEntry("b", 8, 4096, "T_TILE=2,D_TILE=256"),
                    ExampleEntry("a", 8, 4096, "T_TILE=4,D_TILE=256")};
  const std::string header = Write("ties.h", GenerateHeader({kernel}));
  const Outcome compiled = Compile(
      "-fsyntax-only " +
      Write("ties.cc",
            "#include \"" + header + "\"\n" +
                "static_assert(tuned::hc_post::Find({8, 4096}).entry == 0);\n"
                "static_assert(tuned::hc_post::Find({16, 4096}).entry == 0);\n"
                "static_assert(tuned::hc_post::Find({16, 4096}).match == tuned::Match::nearest);\n"
                "static_assert(tuned::hc_post::Find({17, 4096}).entry == 2);\n"));
  EXPECT_EQ(compiled.status, 0) << compiled.output;
}

// No entry is legal for D = 1536, but the default is.
TEST_P(CompiledHeaderTest, TheDefaultIsTheFallbackWhereItIsLegal) {
  HeaderKernel kernel = ExampleKernel();
  kernel.entries.resize(2);
  HeaderKernel bare = ExampleKernel();
  bare.space.kernel = "bare";
  bare.entries.clear();
  const std::string header = Write("fallback.h", GenerateHeader({kernel, bare}));
  const std::string checks = R"(
template <typename Shape> constexpr int Called(const Shape& shape) {
  int tile = 0;
  Dispatch(shape, [&]<auto kTiles> { tile = kTiles.D_TILE; });
  return tile;
}
using tuned::Match;
static_assert(tuned::hc_post::Find({.T = 8, .D = 1536}).match == Match::fallback);
static_assert(Called(tuned::hc_post::Shape{.T = 8, .D = 1536}) == 512);
static_assert(tuned::hc_post::Find({.T = 8, .D = 1537}).match == Match::none);
static_assert(Called(tuned::hc_post::Shape{.T = 8, .D = 1537}) == 0);
static_assert(tuned::bare::Find({.T = 8, .D = 4096}).match == Match::fallback);
static_assert(Called(tuned::bare::Shape{.T = 8, .D = 4096}) == 512);
static_assert(tuned::bare::Find({.T = 8, .D = 5}).match == tuned::bare::Match::none);
static_assert(Called(tuned::bare::Shape{.T = 8, .D = 5}) == 0);
)";
  const Outcome compiled =
      Compile("-fsyntax-only " + Write("fallback.cc", "#include \"" + header + "\"\n" + checks));
  EXPECT_EQ(compiled.status, 0) << compiled.output;
}

// The function is instantiated per tile sizes, not per problem.
TEST_P(CompiledHeaderTest, EqualTilesAreOneInstantiation) {
  HeaderKernel kernel = ExampleKernel();
  for (HeaderEntry& entry : kernel.entries) entry.duel.chosen = kernel.space.default_config;
  const std::string header = Write("equal.h", GenerateHeader({kernel}));
  const std::string program = R"(
inline int instances = 0;
template <auto kTiles> struct Instance { static int number; };
template <auto kTiles> int Instance<kTiles>::number = ++instances;
int main() {
  const long sizes[] = {8, 1024, 3};
  for (long t : sizes) {
    tuned::hc_post::Dispatch({.T = t, .D = 4096}, []<auto kTiles> { Instance<kTiles>::number += 0; });
  }
  return instances;
}
)";
  const Outcome compiled = Compile(Write("equal.cc", "#include \"" + header + "\"\n" + program) +
                                   " -o " + Path("equal"));
  ASSERT_EQ(compiled.status, 0) << compiled.output;
  EXPECT_EQ(RunShell(Path("equal")).status, 1);
}

// Expressions as tilesmith::Expression translates them: lambdas, conditionals, doubles.
TEST_P(CompiledHeaderTest, OddNamesAndRulesCompileWithoutAWarning) {
  HeaderKernel kernel = ExampleKernel();
  kernel.space.kernel = "for";
  kernel.space.constraints.push_back(
      {"ends in a backslash \\",
       "ceil_div(T, T_TILE) >= 1",
       "[](long long a, long long b) { return (a + b - 1) / b; }(T, T_TILE) >= 1",
       {"T", "T_TILE"}});
  kernel.space.constraints.push_back({"reals ?\?/",
                                      "T / D <= 1000.0",
                                      "static_cast<double>(T) / static_cast<double>(D) <= 1000.0",
                                      {"T", "D"},
                                      true});
  kernel.entries.clear();
  for (const char* name : {"8k", "default", "entries", "a b", "a-b", "w\"\\\n?\?/", "\xC2\xB5", "",
                           "int", "\xE2\x80\xAE", "\\"}) {
    kernel.entries.push_back(ExampleEntry(name, 8, 4096, "T_TILE=4,D_TILE=1024"));
    kernel.entries.back().machine.name = "machine \\";
    kernel.entries.back().provenance.flags = "-DX=\"\\";
    kernel.entries.back().duel.reason = "\xE2\x80\xAE /* ?\?/";
  }
  const std::string header = Write("odd.h", GenerateHeader({kernel}));
  const Outcome compiled = Compile(
      "-fsyntax-only " + Write("odd.cc", "#include \"" + header + "\"\n" +
                                             "static_assert(tuned::for_::Find({8, 0}).match == "
                                             "tuned::Match::none);\n"));
  EXPECT_EQ(compiled.status, 0) << compiled.output;
}

TEST_P(CompiledHeaderTest, AnEntryThatAConstraintForbidsDoesNotCompile) {
  HeaderKernel kernel = ExampleKernel();
  kernel.entries[1].duel.chosen = Config::Parse("T_TILE=4,D_TILE=4096");  // 7168 % 4096 != 0
  const std::string header = Write("forbidden.h", GenerateHeader({kernel}));
  const Outcome compiled =
      Compile("-fsyntax-only " + Write("forbidden.cc", "#include \"" + header + "\"\n"));
  EXPECT_NE(compiled.status, 0);
  EXPECT_THAT(compiled.output, testing::HasSubstr("Legal(kDecodePro"));
}

}  // namespace
}  // namespace tilesmith
