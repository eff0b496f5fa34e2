#include "tuner/compile/diagnostics.h"

#include <csignal>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tilesmith {
namespace {

using testing::HasSubstr;

Finished Failed(const std::string& errors, const std::string& output = "") {
  Finished finished;
  finished.code = 1;
  finished.errors = errors;
  finished.output = output;
  return finished;
}

Finished KilledBy(int signal) {
  Finished finished;
  finished.how = Finished::How::kSignalled;
  finished.code = signal;
  return finished;
}

TEST(FirstErrorLine, SkipsWhatLeadsThere) {
  EXPECT_EQ(FirstErrorLine(
                Failed("In file included from a.cc:1:\na.h:2:3: error: one\na.h:4: error: two\n")),
            "a.h:2:3: error: one");
  EXPECT_EQ(FirstErrorLine(Failed("a.cc:1:10: fatal error: x.h: No such file\n")),
            "a.cc:1:10: fatal error: x.h: No such file");
}

TEST(FirstErrorLine, PrefersTheLinkerToItsEcho) {
  EXPECT_EQ(
      FirstErrorLine(Failed("/usr/bin/ld: cannot find -lomp\ncollect2: error: ld returned 1\n")),
      "/usr/bin/ld: cannot find -lomp");
  EXPECT_EQ(FirstErrorLine(Failed("ld: a.o: in function `f':\na.cc: undefined reference to `g()'\n"
                                  "clang: error: linker command failed with exit code 1\n")),
            "a.cc: undefined reference to `g()'");
}

TEST(FirstErrorLine, AlwaysSaysSomething) {
  EXPECT_EQ(FirstErrorLine(Failed("\nodd\n")), "odd");
  EXPECT_EQ(FirstErrorLine(Failed("", "on stdout\n")), "on stdout");
  EXPECT_THAT(FirstErrorLine(Failed("")), HasSubstr("exit code 1"));
  EXPECT_THAT(FirstErrorLine(KilledBy(SIGSEGV)), HasSubstr("signal 11"));
}

TEST(FirstErrorLine, GuessesAtMemoryWhenKilled) {
  for (const Finished& killed :
       {KilledBy(SIGKILL), Failed("g++: fatal error: Killed signal terminated program cc1plus\n"),
        Failed("clang: error: unable to execute command: Killed\n")}) {
    EXPECT_THAT(FirstErrorLine(killed), HasSubstr("memory"));
    EXPECT_TRUE(IsPassing(killed));
  }
}

TEST(IsPassing, TellsTheMachineFromTheSource) {
  EXPECT_FALSE(IsPassing(Failed("a.h:2: error: static assertion failed\n")));
  EXPECT_FALSE(IsPassing(Failed("a.h:2: internal compiler error: in f, at g.cc:1\n")));
  EXPECT_TRUE(IsPassing(KilledBy(SIGTERM)));
  EXPECT_TRUE(IsPassing(Failed("as: a.o: No space left on device\n")));
  EXPECT_TRUE(IsPassing(Failed("cc1plus: out of memory allocating 65536 bytes\n")));
}

TEST(IsDiskFull, IsNothingElse) {
  EXPECT_TRUE(IsDiskFull(Failed("ld: final link failed: No space left on device\n")));
  EXPECT_TRUE(IsDiskFull(Failed("as: Disk quota exceeded\n")));
  EXPECT_FALSE(IsDiskFull(Failed("a.h:2: error: nothing left\n")));
}

}  // namespace
}  // namespace tilesmith
