#include "tuner/compile/toolchain.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/error.h"
#include "tests/tuner/compile/tiny_kernel.h"

namespace tilesmith {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing_kernel::FreshFolder;
using testing_kernel::WriteScript;

template <typename Action>
std::string Complaint(const Action& action) {
  try {
    action();
  } catch (const UserError& mistake) {
    return mistake.what();
  }
  return {};
}

/// An environment variable for the length of a test.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old, had_ = true;
    setenv(name, value.c_str(), 1);
  }
  ~Variable() { had_ ? setenv(name_, old_.c_str(), 1) : unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::string old_;
  bool had_ = false;
};

class ToolchainTest : public testing::Test {
 protected:
  ToolchainTest()
      : folder_(FreshFolder("toolchain")),
        no_cxx_("CXX", ""),
        no_launcher_("TILESMITH_COMPILER_LAUNCHER", "") {
    WriteScript(folder_ + "/my-cc", "echo 'my-cc 1.0'; echo more\n");
    WriteScript(folder_ + "/ccache", "exit 0\n");
  }

  std::string folder_;
  Variable no_cxx_, no_launcher_;
};

TEST_F(ToolchainTest, TakesWhatIsNamed) {
  const Toolchain toolchain = FindToolchain(folder_ + "/my-cc", {"-O1"}, "");
  EXPECT_EQ(toolchain.path, folder_ + "/my-cc");
  EXPECT_EQ(toolchain.version, "my-cc 1.0");
  EXPECT_EQ(toolchain.flags.front(), "-std=c++20");
  EXPECT_EQ(toolchain.flags.back(), "-O1");
  EXPECT_TRUE(toolchain.launcher.empty());
}

TEST_F(ToolchainTest, TakesCxxWithLauncherAndFlags) {
  const Variable cxx("CXX", folder_ + "/ccache " + folder_ + "/my-cc -m64");
  const Toolchain toolchain = FindToolchain("", {"-O1"}, "");
  EXPECT_EQ(toolchain.path, folder_ + "/my-cc");
  EXPECT_THAT(toolchain.launcher, ElementsAre(folder_ + "/ccache"));
  EXPECT_EQ(*(toolchain.flags.end() - 2), "-m64");
}

TEST_F(ToolchainTest, LooksForTheUsualNamesInOrder) {
  const Variable path("PATH", folder_);
  EXPECT_EQ(Complaint([] { FindToolchain("", {}, ""); }),
            "no C++ compiler found (tried g++, c++, clang++); install g++ or pass --compiler");
  WriteScript(folder_ + "/clang++", "echo clang\n");
  EXPECT_EQ(FindToolchain("", {}, "").version, "clang");
  WriteScript(folder_ + "/g++", "echo gcc\n");
  EXPECT_EQ(FindToolchain("", {}, "").version, "gcc");
}

TEST_F(ToolchainTest, SaysWhichNameFailed) {
  EXPECT_EQ(Complaint([] { FindToolchain("no-such-cc", {}, ""); }),
            "no C++ compiler found (tried no-such-cc); install it or pass --compiler");
  const Variable cxx("CXX", "no-such-cc");
  EXPECT_THAT(Complaint([] { FindToolchain("", {}, ""); }), HasSubstr("no-such-cc, from $CXX"));
  EXPECT_THAT(Complaint([&] { FindToolchain(folder_ + "/my-cc", {}, "no-such-launcher -x"); }),
              HasSubstr("launcher 'no-such-launcher' not found"));
  WriteScript(folder_ + "/broken", "echo 'broken: error: no licence' >&2; exit 1\n");
  EXPECT_THAT(Complaint([&] { FindToolchain(folder_ + "/broken", {}, ""); }),
              HasSubstr("--version' failed (broken: error: no licence)"));
}

TEST_F(ToolchainTest, IdentityIsOfCompilerAndFlags) {
  const std::string identity = FindToolchain(folder_ + "/my-cc", {}, "").identity;
  EXPECT_EQ(FindToolchain(folder_ + "/my-cc", {}, folder_ + "/ccache").identity, identity);
  EXPECT_NE(FindToolchain(folder_ + "/my-cc", {"-O1"}, "").identity, identity);
  WriteScript(folder_ + "/my-cc", "echo 'my-cc 1.1'\n");
  EXPECT_NE(FindToolchain(folder_ + "/my-cc", {}, "").identity, identity);
}

TEST_F(ToolchainTest, OnlyCompilingGoesThroughTheLauncher) {
  const Toolchain toolchain = FindToolchain(folder_ + "/my-cc", {"-lm"}, folder_ + "/ccache -x");
  const auto compile = toolchain.CompileObject("/root", "a.cc", "a.o").arguments;
  EXPECT_THAT((std::vector<std::string>(compile.begin(), compile.begin() + 3)),
              ElementsAre(folder_ + "/ccache", "-x", folder_ + "/my-cc"));
  EXPECT_THAT(compile, Contains("-I/root"));
  EXPECT_THAT(compile, testing::Not(Contains("-shared")));
  EXPECT_THAT(compile, testing::Not(Contains("-lm")));
  const auto link = toolchain.Link("a.o", "a.so").arguments;
  EXPECT_EQ(link.front(), folder_ + "/my-cc");
  EXPECT_THAT(link, Contains("-shared"));
}

TEST_F(ToolchainTest, ProbeTellsMissingOpenMpFromBadFlags) {
  const std::string output = folder_ + "/probe.so";
  WriteScript(folder_ + "/no-omp",
              "case \"$*\" in --version) echo 1;; *-fno-openmp*) ;;\n"
              "*) echo 'ld: cannot find -lomp' >&2; exit 1;; esac\n");
  const std::string no_omp =
      Complaint([&] { ProbeToolchain(FindToolchain(folder_ + "/no-omp", {}, ""), output); });
  EXPECT_THAT(no_omp, HasSubstr("cannot build with -fopenmp (ld: cannot find -lomp); install"));
  const std::string bad_flag =
      Complaint([&] { ProbeToolchain(FindToolchain("c++", {"-fno-such-flag"}, ""), output); });
  EXPECT_THAT(bad_flag, HasSubstr("no-such-flag"));
  EXPECT_THAT(bad_flag, HasSubstr("mend --cxxflags"));
  EXPECT_EQ(Complaint([&] { ProbeToolchain(FindToolchain("c++", {}, ""), output); }), "");
}

}  // namespace
}  // namespace tilesmith
