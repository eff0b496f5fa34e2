#include "tuner/measure/meter.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tilesmith {
namespace {

// What a user's shell may hold from other work with Google Benchmark.
void SpoilEnvironment(const std::string& out) {
  setenv("BENCHMARK_REPETITIONS", "3", 1);
  setenv("BENCHMARK_ENABLE_RANDOM_INTERLEAVING", "true", 1);
  setenv("BENCHMARK_MIN_WARMUP_TIME", "0.05", 1);
  setenv("BENCHMARK_LIST_TESTS", "true", 1);
  setenv("BENCHMARK_FILTER", "nothing", 1);
  setenv("BENCHMARK_OUT", out.c_str(), 1);
}

TEST(TimeBlocks, CallsInOrderAndAsOftenAsAsked) {
  std::string calls;
  const std::vector<double> ns = TimeBlocks({{[&] { calls += 'a'; }, 2},
                                             {[&] { calls += 'b'; }, 1},
                                             {[&] { calls += 'a'; }, 3},
                                             {[&] { calls += 'c'; }, 1}});
  EXPECT_EQ(calls, "aabaaac");
  EXPECT_EQ(ns.size(), 4u);
}

TEST(TimeBlocks, Again) {
  int calls = 0;
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(TimeBlocks({{[&] { ++calls; }, 5}}).size(), 1u);
    EXPECT_EQ(calls, 5 * i);
  }
}

TEST(TimeBlocks, NothingAsked) { EXPECT_TRUE(TimeBlocks({}).empty()); }

TEST(TimeBlocks, IsPerCallAndInNanoseconds) {
  volatile int sink = 0;
  const auto work = [&] {
    for (int i = 0; i < 20'000; ++i) sink = i;
  };
  const std::vector<double> ns = TimeBlocks({{work, 1}, {work, 50}});
  // 20,000 stores take no less than 1 µs and, disturbed or instrumented, no more than 0.1 s.
  for (const double each : ns) {
    EXPECT_GE(each, 1e3);
    EXPECT_LE(each, 1e8);
  }
  // Were it the time of the block, fifty calls would read fifty times one.
  EXPECT_LE(ns[1], 25 * ns[0]);
}

TEST(TimeBlocks, PrintsNothing) {
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  TimeBlocks({{[] {}, 10}, {[] {}, 10}});
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST(TimeBlocks, WorksInAForkedChild) {
  WarmUpMeter();
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    int calls = 0;
    const std::vector<double> ns = TimeBlocks({{[&] { ++calls; }, 7}});
    _exit(ns.size() == 1 && calls == 7 ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

// Google Benchmark reads its environment while the program is loaded, so it is set for a new one:
// this very program, running the tests above.
TEST(TimeBlocks, EnvironmentChangesNothing) {
  const std::string out = ::testing::TempDir() + "meter_test_out.json";
  std::filesystem::remove(out);
  const std::string self = std::filesystem::read_symlink("/proc/self/exe");
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    SpoilEnvironment(out);
    execl(self.c_str(), self.c_str(), "--gtest_filter=TimeBlocks.Calls*:TimeBlocks.Prints*",
          "--gtest_brief=1", nullptr);
    _exit(127);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_FALSE(std::filesystem::exists(out));
}

TEST(TimeBlocksDeathTest, AsksForSomethingToRun) {
  EXPECT_DEATH(TimeBlocks({{[] {}, 0}}), "iterations");
  EXPECT_DEATH(TimeBlocks({{nullptr, 1}}), "run");
}

TEST(ClockResolution, IsThatOfAClock) {
  const double ns = ClockResolution();
  EXPECT_GE(ns, 0.5);
  EXPECT_LE(ns, 1e7);  // a jiffy, the coarsest there is
}

TEST(IterationsFor, FillsASample) {
  EXPECT_EQ(IterationsFor(1000), 200);
  EXPECT_EQ(IterationsFor(999), 201);
  EXPECT_EQ(IterationsFor(200'000), 1);
  EXPECT_EQ(IterationsFor(5e6), 1);
  EXPECT_EQ(IterationsFor(3, 10), 4);
  EXPECT_EQ(IterationsFor(1e-9), 1'000'000'000);
}

TEST(IterationsForDeathTest, NeedsATime) { EXPECT_DEATH(IterationsFor(0), "call_ns"); }

}  // namespace
}  // namespace tilesmith
