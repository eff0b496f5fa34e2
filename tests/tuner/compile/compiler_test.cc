#include "tuner/compile/compiler.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/error.h"
#include "tests/tuner/compile/tiny_kernel.h"
#include "tuner/compile/process.h"

namespace tilesmith {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using testing_kernel::FreshFolder;
using testing_kernel::kHeader;
using testing_kernel::Read;
using testing_kernel::TestOptions;
using testing_kernel::Tiles;
using testing_kernel::TinyKernel;
using testing_kernel::Write;
using testing_kernel::WriteScript;
using Outcome = Compiled::Outcome;

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t place = text.find(from);
  EXPECT_NE(place, std::string::npos) << from;
  return text.replace(place, from.size(), to);
}

/// The message of the UserError that `action` throws; empty when it throws none.
template <typename Action>
std::string Complaint(const Action& action) {
  try {
    action();
  } catch (const UserError& mistake) {
    return mistake.what();
  }
  return {};
}

class CompilerTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (FindProgram(GetParam()).empty()) GTEST_SKIP() << GetParam() << " is not installed";
    folder_ = FreshFolder("compiler");
    options_ = TestOptions(folder_);
    options_.compiler = GetParam();
    kernel_ = TinyKernel(folder_);
  }

  Compiled One(const Config& config) {
    return Compiler(options_).Compile(kernel_, {config}).front();
  }

  std::string folder_;
  CompilerOptions options_;
  KernelSpec kernel_;
};

INSTANTIATE_TEST_SUITE_P(All, CompilerTest, testing::Values("g++", "clang++"),
                         [](const auto& param) {
                           return std::string(param.param) == "g++" ? "gcc" : "clang";
                         });

TEST_P(CompilerTest, CompilesEachConfigInOrderOnce) {
  Compiler compiler(options_);
  std::vector<std::size_t> told;
  const auto results = compiler.Compile(kernel_, {Tiles(4), Tiles(0), Tiles(4), Tiles(2)},
                                        [&](std::size_t i, const Compiled&) { told.push_back(i); });
  ASSERT_EQ(results.size(), 4u);
  EXPECT_THAT(told, testing::UnorderedElementsAre(0, 1, 2, 3));
  EXPECT_EQ(results[0].outcome, Outcome::kOk);
  EXPECT_EQ(results[1].outcome, Outcome::kFailed);
  EXPECT_EQ(results[3].outcome, Outcome::kOk);
  EXPECT_EQ(results[0].library, results[2].library);
  EXPECT_NE(results[0].library, results[3].library);
  EXPECT_TRUE(std::filesystem::exists(results[3].library));
  EXPECT_GT(results[0].seconds, 0);
  EXPECT_FALSE(results[0].cached);
}

TEST_P(CompilerTest, FailureIsTheFirstErrorLineAndIsRemembered) {
  const Compiled failed = One(Tiles(0));
  EXPECT_EQ(failed.outcome, Outcome::kFailed);
  EXPECT_THAT(failed.message, HasSubstr("tiny.h:11"));
  EXPECT_THAT(failed.message, HasSubstr("T must be positive"));
  EXPECT_EQ(failed.message.find('\n'), std::string::npos);
  EXPECT_EQ(failed.library, "");
  const Compiled again = One(Tiles(0));
  EXPECT_TRUE(again.cached);
  EXPECT_EQ(again.outcome, Outcome::kFailed);
  EXPECT_EQ(again.message, failed.message);
  EXPECT_EQ(again.repro, failed.repro);
}

TEST_P(CompilerTest, ReproRepeatsIt) {
  const Compiled failed = One(Tiles(0));
  const Finished shell = tilesmith::Run({{"/bin/sh", "-c", failed.repro}, "", {"LC_ALL=C"}}, 60);
  EXPECT_FALSE(shell.ok());
  EXPECT_THAT(shell.errors, HasSubstr(failed.message));
  EXPECT_TRUE(tilesmith::Run({{"/bin/sh", "-c", One(Tiles(1)).repro}, "", {}}, 60).ok());
}

TEST_P(CompilerTest, HitCostsNothingAndIsTheSame) {
  const Compiled first = One(Tiles(4));
  const Compiled hit = One(Tiles(4));
  EXPECT_TRUE(hit.cached);
  EXPECT_EQ(hit.seconds, 0);
  EXPECT_EQ(hit.library, first.library);
  EXPECT_EQ(hit.code_hash, first.code_hash);
}

TEST_P(CompilerTest, UndefinedFunctionFailsToCompileRatherThanToLoad) {
  kernel_ = TinyKernel(
      folder_, Replaced(Replaced(kHeader, "namespace tiny {", "namespace tiny { void Nowhere();"),
                        "int team = 0;", "int team = 0; Nowhere();"));
  const Compiled failed = One(Tiles(4));
  EXPECT_EQ(failed.outcome, Outcome::kFailed);
  EXPECT_THAT(failed.message, HasSubstr("undefined reference to `tiny::Nowhere()'"));
}

TEST_P(CompilerTest, TimeoutIsRememberedUntilThereIsMoreTime) {
  options_.limit_s = 0.2;
  const Compiled first = One(Tiles(1000));
  EXPECT_EQ(first.outcome, Outcome::kTimedOut);
  EXPECT_EQ(first.message, "not compiled within 0.2 s");
  EXPECT_FALSE(first.cached);
  EXPECT_TRUE(One(Tiles(1000)).cached);
  options_.limit_s = 0.1;
  EXPECT_TRUE(One(Tiles(1000)).cached);
  EXPECT_EQ(One(Tiles(1000)).outcome, Outcome::kTimedOut);
  options_.limit_s = 0.21;
  EXPECT_FALSE(One(Tiles(1000)).cached);
  EXPECT_TRUE(One(Tiles(1000)).cached);
}

TEST_P(CompilerTest, EqualMachineCodeHasEqualHashes) {
  const auto results = Compiler(options_).Compile(kernel_, {Tiles(8), Tiles(16), Tiles(4)});
  EXPECT_NE(results[0].library, results[1].library);
  EXPECT_EQ(results[0].code_hash, results[1].code_hash);
  EXPECT_NE(results[0].code_hash, results[2].code_hash);
}

TEST_P(CompilerTest, CodeHashIgnoresWhereTheKernelLies) {
  const std::string elsewhere = FreshFolder("compiler_elsewhere_with_a_longer_name");
  KernelSpec moved = TinyKernel(elsewhere);
  options_.cxxflags = {"-O1", "-Wl,--build-id=uuid"};
  // With it, clang puts file names into the constants that its OpenMP runtime is given.
  if (std::string(GetParam()) == "g++") options_.cxxflags.push_back("-g");
  const std::string here = One(Tiles(4)).code_hash;
  options_.cache_folder = elsewhere + "/cache";
  const auto there = Compiler(options_).Compile(moved, {Tiles(4)});
  EXPECT_FALSE(there[0].cached);
  EXPECT_EQ(there[0].code_hash, here);
}

// What follows does not depend on which compiler it is.
class AnyCompilerTest : public CompilerTest {};
INSTANTIATE_TEST_SUITE_P(Default, AnyCompilerTest, testing::Values("c++"),
                         [](const auto&) { return std::string("cxx"); });

TEST_P(AnyCompilerTest, DamagedEntriesAreBuiltAgain) {
  const Compiled built = One(Tiles(4));
  const std::string bytes = Read(built.library);
  std::string flipped = bytes;
  flipped[bytes.size() / 2] ^= 1;
  for (const std::string& damaged : {std::string(), bytes.substr(0, bytes.size() / 2), flipped}) {
    Write(built.library, damaged);
    const Compiled again = One(Tiles(4));
    EXPECT_FALSE(again.cached);
    EXPECT_EQ(again.code_hash, built.code_hash);
    EXPECT_EQ(Read(built.library), bytes);
  }
}

TEST_P(AnyCompilerTest, DamagedFailureIsTriedAgain) {
  const Compiled failed = One(Tiles(0));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(options_.cache_folder)) {
    if (entry.path().extension() == ".failed") Write(entry.path(), "");
  }
  EXPECT_FALSE(One(Tiles(0)).cached);
  EXPECT_TRUE(One(Tiles(0)).cached);
}

TEST_P(AnyCompilerTest, LeavesOnlyEntriesInTheCache) {
  Compiler(options_).Compile(kernel_, {Tiles(4), Tiles(0)});
  std::vector<std::string> extensions;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(options_.cache_folder)) {
    extensions.push_back(entry.path().extension());
  }
  EXPECT_THAT(extensions,
              testing::UnorderedElementsAre("", ".cc", ".so", ".cc", ".failed", ".mark"));
}

TEST_P(AnyCompilerTest, EveryPartOfTheKeyMatters) {
  const std::string library = One(Tiles(4)).library;
  EXPECT_NE(One(Tiles(4, 5)).library, library);
  EXPECT_NE(One(Config(Dims{{"FACTOR", 3}, {"T", 4}})).library, library);
  options_.cxxflags = {"-O2"};
  EXPECT_NE(One(Tiles(4)).library, library);
  options_.cxxflags = {"-O1"};
  EXPECT_EQ(One(Tiles(4)).library, library);
  kernel_ = TinyKernel(folder_, Replaced(kHeader, "* kTiles.FACTOR", "+ kTiles.FACTOR"));
  EXPECT_NE(One(Tiles(4)).library, library);
}

TEST_P(AnyCompilerTest, SourceHashIsOfTheSource) {
  const Compiler compiler(options_);
  const std::string hash = compiler.SourceHash(kernel_, {"T", "FACTOR"});
  EXPECT_EQ(hash.size(), 32u);
  EXPECT_EQ(compiler.SourceHash(kernel_, {"T", "FACTOR"}), hash);
  EXPECT_NE(compiler.SourceHash(kernel_, {"T"}), hash);
  kernel_ = TinyKernel(folder_, Replaced(kHeader, "int team = 0;", "int team = 0;  // a remark\n"));
  EXPECT_EQ(compiler.SourceHash(kernel_, {"T", "FACTOR"}), hash);
  kernel_ = TinyKernel(folder_, Replaced(kHeader, "* kTiles.FACTOR", "+ kTiles.FACTOR"));
  EXPECT_NE(compiler.SourceHash(kernel_, {"T", "FACTOR"}), hash);
}

TEST_P(AnyCompilerTest, SourceHashSeesIncludedFiles) {
  Write(folder_ + "/part.h", "#define PART 1\n");
  kernel_ = TinyKernel(
      folder_, std::string("#include \"part.h\"\ninline int p() { return PART; }\n") + kHeader);
  const Compiler compiler(options_);
  const std::string hash = compiler.SourceHash(kernel_, {});
  Write(folder_ + "/part.h", "#define PART 2\n");
  EXPECT_NE(compiler.SourceHash(kernel_, {}), hash);
}

TEST_P(AnyCompilerTest, SourceHashIgnoresTheFolder) {
  const Compiler compiler(options_);
  const KernelSpec moved = TinyKernel(FreshFolder("compiler_moved"));
  EXPECT_EQ(compiler.SourceHash(moved, {"T"}), compiler.SourceHash(kernel_, {"T"}));
}

TEST_P(AnyCompilerTest, SourceThatChangesUnderTheRunIsRefused) {
  Compiler compiler(options_);
  compiler.SourceHash(kernel_, {"T"});
  kernel_ = TinyKernel(folder_, Replaced(kHeader, "* kTiles.FACTOR", "+ kTiles.FACTOR"));
  EXPECT_THAT(Complaint([&] { compiler.Compile(kernel_, {Tiles(4)}); }),
              HasSubstr("tiny.h: the source of kernel 'tiny' changed"));
  compiler.SourceHash(kernel_, {"T"});
  EXPECT_EQ(compiler.Compile(kernel_, {Tiles(4)})[0].outcome, Outcome::kOk);
}

TEST_P(AnyCompilerTest, SourceThatChangesDuringTheCompileIsNotKept) {
  // A launcher that edits the header just before the compiler reads it.
  Write(folder_ + "/new.h", Replaced(kHeader, "* kTiles.FACTOR", "+ kTiles.FACTOR"));
  WriteScript(folder_ + "/editor",
              "cp " + folder_ + "/new.h " + folder_ + "/tiny.h\nexec \"$@\"\n");
  options_.launcher = folder_ + "/editor";
  EXPECT_THAT(Complaint([&] { One(Tiles(4)); }), HasSubstr("changed while"));
  options_.launcher.clear();
  kernel_ = TinyKernel(folder_);
  EXPECT_FALSE(One(Tiles(4)).cached);
}

TEST_P(AnyCompilerTest, MissingHeaderSaysToRebuild) {
  std::filesystem::remove(kernel_.header);
  const std::string complaint = Complaint([&] { Compiler(options_).SourceHash(kernel_, {}); });
  EXPECT_THAT(complaint, HasSubstr("tiny.h, which was there when tilesmith was built"));
  EXPECT_THAT(complaint, HasSubstr("rebuild tilesmith"));
  EXPECT_EQ(Complaint([&] { One(Tiles(4)); }), complaint);
}

TEST_P(AnyCompilerTest, BrokenIncludeIsToldOnce) {
  kernel_ = TinyKernel(folder_, "#include \"nowhere.h\"\n");
  EXPECT_THAT(Complaint([&] { One(Tiles(4)); }), HasSubstr("nowhere.h"));
}

TEST_P(AnyCompilerTest, OddFolderNamesReachTheCompiler) {
  const std::string odd = FreshFolder("compiler_odd") + "/a b'c $(id); d";
  std::filesystem::create_directories(odd);
  options_.cache_folder = odd + "/cache";
  kernel_ = TinyKernel(odd);
  const Compiled compiled = One(Tiles(4));
  EXPECT_EQ(compiled.outcome, Outcome::kOk) << compiled.message;
  EXPECT_TRUE(tilesmith::Run({{"/bin/sh", "-c", compiled.repro}, "", {}}, 60).ok());
  EXPECT_EQ(One(Tiles(4)).library,
            odd + "/cache/tiny/" + std::filesystem::path(compiled.library).filename().string());
}

TEST_P(AnyCompilerTest, KernelNamesCannotLeaveTheCache) {
  kernel_.name = "../../x";
  EXPECT_THAT(One(Tiles(4)).library, StartsWith(options_.cache_folder + "/______x/"));
}

TEST_P(AnyCompilerTest, LauncherIsUsedWithItsFlags) {
  WriteScript(folder_ + "/launcher", "echo \"$@\" >> " + folder_ + "/log\nshift\nexec \"$@\"\n");
  ASSERT_EQ(setenv("TILESMITH_COMPILER_LAUNCHER", (folder_ + "/launcher --flag").c_str(), 1), 0);
  Compiler compiler(options_);
  unsetenv("TILESMITH_COMPILER_LAUNCHER");
  const auto results = compiler.Compile(kernel_, {Tiles(4), Tiles(0)});
  EXPECT_EQ(results[0].outcome, Outcome::kOk) << results[0].message;
  EXPECT_EQ(results[1].outcome, Outcome::kFailed);
  const std::string log = Read(folder_ + "/log");
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 2);
  EXPECT_THAT(log, StartsWith("--flag " + compiler.path() + " "));
  EXPECT_THAT(log, HasSubstr(" -c "));
  EXPECT_TRUE(One(Tiles(4)).cached);  // the launcher is no part of the key
}

TEST_P(AnyCompilerTest, KilledCompilerIsNotRemembered) {
  WriteScript(folder_ + "/killed", "kill -KILL $$\n");
  options_.launcher = folder_ + "/killed";
  const Compiled killed = One(Tiles(4));
  EXPECT_EQ(killed.outcome, Outcome::kFailed);
  EXPECT_THAT(killed.message, HasSubstr("memory"));
  options_.launcher.clear();
  EXPECT_FALSE(One(Tiles(4)).cached);
}

TEST_P(AnyCompilerTest, SuccessWithoutALibraryIsAFailure) {
  WriteScript(folder_ + "/liar",
              "case \"$1\" in --version) echo liar 1;; *) exec c++ \"$@\";; esac\n");
  options_.compiler = folder_ + "/liar";
  Compiler compiler(options_);
  compiler.SourceHash(kernel_, {});
  WriteScript(folder_ + "/liar", "exit 0\n");
  const auto results = compiler.Compile(kernel_, {Tiles(4)});
  EXPECT_EQ(results[0].outcome, Outcome::kFailed);
  EXPECT_THAT(results[0].message, HasSubstr("no ELF shared object"));
}

TEST_P(AnyCompilerTest, FullDiskStopsTheSweep) {
  WriteScript(folder_ + "/full", "echo 'as: x.o: No space left on device' >&2; exit 1\n");
  options_.launcher = folder_ + "/full";
  EXPECT_THAT(Complaint([&] { One(Tiles(4)); }), HasSubstr("the disk is full"));
}

TEST_P(AnyCompilerTest, UnusableCacheFolderIsOneLine) {
  Write(folder_ + "/file", "");
  options_.cache_folder = folder_ + "/file/cache";
  const std::string complaint = Complaint([&] { Compiler compiler(options_); });
  EXPECT_THAT(complaint,
              StartsWith(options_.cache_folder + ": cannot write to the variant cache ("));
  EXPECT_EQ(complaint.find('\n'), std::string::npos);
}

TEST_P(AnyCompilerTest, DefaultCacheFollowsXdg) {
  ASSERT_EQ(setenv("XDG_CACHE_HOME", (folder_ + "/xdg").c_str(), 1), 0);
  options_.cache_folder.clear();
  EXPECT_THAT(One(Tiles(4)).library, StartsWith(folder_ + "/xdg/tilesmith/tiny/"));
  unsetenv("XDG_CACHE_HOME");
}

TEST_P(AnyCompilerTest, ConcurrentProcessesShareACache) {
  Compiler compiler(options_);
  const pid_t other = fork();
  ASSERT_GE(other, 0);
  const auto results = compiler.Compile(kernel_, {Tiles(1), Tiles(2), Tiles(0)});
  const bool right = results[0].outcome == Outcome::kOk && results[2].outcome == Outcome::kFailed;
  if (other == 0) _exit(right ? 0 : 1);
  int status = -1;
  ASSERT_EQ(waitpid(other, &status, 0), other);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(right);
  EXPECT_TRUE(One(Tiles(2)).cached);
}

TEST_P(AnyCompilerTest, InterruptKillsTheCompilersAndKeepsWhatIsDone) {
  // The launcher interrupts us at the second compile, and would never end by itself.
  WriteScript(folder_ + "/launcher", "[ -e " + folder_ +
                                         "/flag ] && kill -INT $PPID && exec sleep 1000\n"
                                         ": > " +
                                         folder_ + "/flag\nexec \"$@\"\n");
  options_.launcher = folder_ + "/launcher";
  const auto run = [&] {
    InstallInterruptHandler();
    try {
      Compiler(options_).Compile(kernel_, {Tiles(0)});
      Compiler(options_).Compile(kernel_, {Tiles(4)});
    } catch (const Interrupt&) {
      _exit(waitpid(-1, nullptr, WNOHANG) == -1 ? 7 : 8);
    }
    _exit(9);
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(7), "");
  options_.launcher.clear();
  EXPECT_TRUE(One(Tiles(0)).cached);
  EXPECT_FALSE(One(Tiles(4)).cached);
}

TEST_P(AnyCompilerTest, StubIsWhatIsCompiled) {
  const std::string stub = Compiler::Stub(kernel_, Tiles(4));
  EXPECT_THAT(stub, StartsWith("#include \"" + kernel_.header + "\"\n"));
  EXPECT_THAT(stub, HasSubstr("struct Tiles { int T; int FACTOR; };"));
  EXPECT_THAT(stub, HasSubstr("tiny::Scale<tilesmith_variant::Tiles{.T = 4, .FACTOR = 3}>("
                              "*static_cast<const tiny::Args*>(args));"));
  EXPECT_EQ(Read(Replaced(One(Tiles(4)).library, ".so", ".cc")), stub);
}

TEST_P(AnyCompilerTest, TilesTooLargeForAnIntAreRefused) {
  EXPECT_EQ(Complaint([&] { One(Tiles(1, std::int64_t{1} << 40)); }),
            "tiny: FACTOR = 1099511627776 does not fit an int; choose smaller tiles");
  EXPECT_EQ(One(Tiles(1, -(std::int64_t{1} << 31))).outcome, Outcome::kOk);
}

TEST_P(AnyCompilerTest, NoConfigsNoResults) {
  EXPECT_TRUE(Compiler(options_).Compile(kernel_, {}).empty());
}

}  // namespace
}  // namespace tilesmith
