#include "tuner/measure/doctor.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/error.h"
#include "tests/tuner/measure/fake_root.h"
#include "tuner/measure/peak_kernels.h"
#include "tuner/measure/peaks.h"

namespace tilesmith {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Observation Find(const std::vector<Observation>& observations, const std::string& name) {
  const auto found = std::find_if(observations.begin(), observations.end(),
                                  [&](const Observation& o) { return o.name == name; });
  return found == observations.end() ? Observation{"missing: " + name, "", ""} : *found;
}

Machine FourCores(const std::string& governor, const std::string& hypervisor) {
  Machine machine;
  machine.cores = 4;
  machine.governor = governor;
  machine.hypervisor = hypervisor;
  return machine;
}

TEST(Examine, AQuietMachineNeedsNoAdvice) {
  const FakeRoot root("quiet");
  root.Write("sys/devices/system/cpu/intel_pstate/no_turbo", "1\n");
  root.Write("sys/devices/system/cpu/smt/active", "0\n");
  root.Write("proc/loadavg", "0.10 0.20 0.30 1/99 1234\n");
  root.Write("proc/stat", "cpu  900 0 100 5000 0 0 0 5 0 0\n");
  root.Write("proc/sys/kernel/randomize_va_space", "2\n");
  root.Write("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
  std::vector<std::string> names;
  for (const Observation& o : Examine(FourCores("performance", ""), root.path())) {
    names.push_back(o.name);
    EXPECT_NE(o.value, "") << o.name;
    EXPECT_NE(o.value, "unknown") << o.name;
    // Depend on how and where this test runs.
    if (o.name == "clock" || o.name == "tilesmith build") continue;
    EXPECT_EQ(o.advice, "") << o.name;
  }
  EXPECT_THAT(names,
              ElementsAre("governor", "turbo", "smt", "cpu quota", "load", "stolen time",
                          "virtualisation", "aslr", "huge pages", "clock", "tilesmith build"));
}

TEST(Examine, ADisturbedMachineGetsAdvice) {
  const FakeRoot root("disturbed");
  root.Write("sys/devices/system/cpu/cpufreq/boost", "1\n");
  root.Write("sys/devices/system/cpu/smt/active", "1\n");
  root.Write("proc/self/cgroup", "0::/\n");
  root.Write("sys/fs/cgroup/cpu.max", "150000 100000\n");
  root.Write("proc/loadavg", "3.50 0 0 1/99 1234\n");
  root.Write("proc/stat", "cpu  70 0 0 5000 0 0 0 30 0 0\n");
  root.Write("proc/sys/kernel/randomize_va_space", "0\n");
  root.Write("sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n");
  const auto all = Examine(FourCores("powersave", "kvm"), root.path());
  const std::pair<const char*, const char*> expected[] = {{"governor", "powersave"},
                                                          {"turbo", "on"},
                                                          {"smt", "on"},
                                                          {"cpu quota", "1.5 cpus"},
                                                          {"load", "3.50 on 4 cpus"},
                                                          {"stolen time", "30.0% since boot"},
                                                          {"virtualisation", "kvm"},
                                                          {"aslr", "off"},
                                                          {"huge pages", "always"}};
  for (const auto& [name, value] : expected) {
    EXPECT_EQ(Find(all, name).value, value) << name;
    EXPECT_NE(Find(all, name).advice, "") << name;
  }
}

TEST(Examine, WhatCannotBeReadIsUnknown) {
  const auto all = Examine({}, FakeRoot("unreadable").path());
  for (const char* name :
       {"governor", "turbo", "smt", "load", "stolen time", "aslr", "huge pages"}) {
    EXPECT_EQ(Find(all, name).value, "unknown") << name;
    EXPECT_EQ(Find(all, name).advice, "") << name;
  }
}

void ExpectRate(const Rate& rate, bool exists) {
  if (!exists) {
    EXPECT_EQ(rate.high, 0);
    return;
  }
  EXPECT_GT(rate.low, 0);
  EXPECT_LE(rate.low, rate.median);
  EXPECT_LE(rate.median, rate.high);
  EXPECT_LT(rate.high, 1e6);  // no machine reads 1 PB/s: a unit went wrong
}

TEST(MeasurePeaks, AllThreadsTogether) {
  const Peaks peaks = MeasurePeaksHere(AllowedCpus(), 0.02, 32 << 20);
  EXPECT_EQ(peaks.threads, static_cast<int>(AllowedCpus().size()));
  ExpectRate(peaks.read_gbytes_per_s, true);
  ExpectRate(peaks.fma_gflops, FmaKernel() != nullptr);
  ExpectRate(peaks.vnni_gops, VnniKernel() != nullptr);
}

TEST(MeasurePeaks, FromAForkedChild) {
  const Peaks peaks = MeasurePeaks(1, 0.02);
  EXPECT_EQ(peaks.threads, 1);
  ExpectRate(peaks.read_gbytes_per_s, true);
}

// An Ending as the sandbox gives it, and what becomes of it.
std::string ErrorOf(const Ending& ending) {
  try {
    PeaksFrom(ending);
  } catch (const UserError& error) {
    return error.what();
  }
  return "no error";
}

TEST(PeaksFrom, AChildThatDiedIsAnErrorNotAPeakOfZero) {
  Ending killed;
  killed.how = Ending::How::kSignalled;
  killed.code = 9;
  EXPECT_THAT(ErrorOf(killed), HasSubstr("signal 9"));
  Ending failed;
  failed.how = Ending::How::kFailed;
  failed.diagnosis = "no 1024 MiB";
  EXPECT_THAT(ErrorOf(failed), HasSubstr("no 1024 MiB; try again"));
}

TEST(PeaksFrom, HalfAnAnswerIsNone) {
  Ending ending;
  ending.payload = "short";
  EXPECT_THAT(ErrorOf(ending), HasSubstr("cannot measure"));
  ending.payload = std::string(sizeof(Peaks), '\0');
  EXPECT_EQ(ErrorOf(ending), "no error");
}

TEST(StreamBufferBytes, LargerThanTheCacheWithinReason) {
  constexpr std::int64_t kMebi = 1 << 20;
  const auto mebi = [](std::int64_t llc_mebi, std::int64_t free_mebi, const char* hypervisor) {
    Machine machine = FourCores("performance", hypervisor);
    machine.llc_bytes = llc_mebi * kMebi;
    return StreamBufferBytes(machine, free_mebi * kMebi) / kMebi;
  };
  EXPECT_EQ(mebi(36, 16384, ""), 144);
  EXPECT_EQ(mebi(480, 16384, ""), 1024);
  EXPECT_EQ(mebi(480, 2048, ""), 512);
  EXPECT_EQ(mebi(0, 16384, ""), 256);
  EXPECT_EQ(mebi(36, 0, ""), 16);
  EXPECT_EQ(mebi(480, 16384, "kvm"), 256);
  EXPECT_EQ(mebi(36, 16384, "kvm"), 144);
}

}  // namespace
}  // namespace tilesmith
