#include "tuner/measure/machine.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tuner/measure/fake_root.h"

namespace tilesmith {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Files of the processor that this process is allowed to run on first, which the machine is read
// from.
std::string Cpu(const std::string& file) {
  return fmt::format("sys/devices/system/cpu/cpu{}/{}", AllowedCpus().front(), file);
}

void WriteCache(const FakeRoot& root, int index, const std::string& type, int level,
                const std::string& size) {
  const std::string cache = Cpu(fmt::format("cache/index{}/", index));
  root.Write(cache + "type", type + "\n");
  root.Write(cache + "level", fmt::format("{}\n", level));
  root.Write(cache + "size", size + "\n");
}

void WriteXeon(const FakeRoot& root) {
  root.Write("proc/cpuinfo",
             "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 85\n"
             "model name\t: Intel(R) Xeon(R) Gold 6226R CPU @ 2.90GHz\nstepping\t: 7\n"
             "microcode\t: 0x5003006\n"
             "flags\t\t: fpu vme sse4_2 avx avx2 fma avx512f avx512_vnni avx512vl ssbd md_clear\n"
             "\nprocessor\t: 1\nmodel\t\t: 99\n");
  WriteCache(root, 0, "Data", 1, "32K");
  WriteCache(root, 1, "Instruction", 1, "64K");
  WriteCache(root, 2, "Unified", 2, "1024K");
  WriteCache(root, 3, "Unified", 3, "22M");
  root.Write(Cpu("cpufreq/scaling_governor"), "powersave\n");
  root.Write("proc/sys/kernel/osrelease", "6.1.0-18-amd64\n");
}

TEST(Machine, ReadsWhatTheSystemSays) {
  const FakeRoot root("xeon");
  WriteXeon(root);
  const Machine machine = Machine::Detect(root.path());
  EXPECT_EQ(machine.cpu_model, "Intel(R) Xeon(R) Gold 6226R CPU @ 2.90GHz");
  EXPECT_EQ(machine.family, 6);
  EXPECT_EQ(machine.model, 85);
  EXPECT_EQ(machine.stepping, 7);
  EXPECT_EQ(machine.microcode, "0x5003006");
  EXPECT_EQ(machine.l1d_bytes, 32 << 10);
  EXPECT_EQ(machine.l2_bytes, 1 << 20);
  EXPECT_EQ(machine.llc_bytes, 22 << 20);
  EXPECT_EQ(machine.vector_bytes, 64);
  EXPECT_EQ(machine.governor, "powersave");
  EXPECT_EQ(machine.kernel, "6.1.0-18-amd64");
  EXPECT_EQ(machine.hypervisor, "");
}

TEST(Machine, OnlyInstructionsThatKernelsUse) {
  const FakeRoot root("isa");
  WriteXeon(root);
  EXPECT_THAT(Machine::Detect(root.path()).isa,
              ElementsAre("avx", "avx2", "avx512_vnni", "avx512f", "avx512vl", "fma", "sse4_2"));
}

TEST(Machine, AnUnreadableSystemKeepsTheDefaults) {
  const FakeRoot root("empty");
  const Machine machine = Machine::Detect(root.path());
  EXPECT_EQ(machine.cpu_model, "");
  EXPECT_EQ(machine.microcode, "unknown");
  EXPECT_EQ(machine.governor, "unknown");
  EXPECT_EQ(machine.kernel, "unknown");
  EXPECT_EQ(machine.llc_bytes, 0);
  EXPECT_EQ(machine.vector_bytes, 16);
  EXPECT_TRUE(machine.isa.empty());
  EXPECT_EQ(machine.cores, static_cast<int>(AllowedCpus().size()));
  EXPECT_THAT(machine.Record().name, HasSubstr("unknown processor"));
}

TEST(Machine, NoiseInTheFilesIsNoMachine) {
  const FakeRoot root("noise");
  root.Write("proc/cpuinfo", std::string("model name: \xff\xfe\nmodel : x\nno colon\n"));
  WriteCache(root, 0, "Data", 1, "lots");
  const Machine machine = Machine::Detect(root.path());
  EXPECT_EQ(machine.model, 0);
  EXPECT_EQ(machine.l1d_bytes, 0);
  EXPECT_EQ(machine.Record().fingerprint.size(), 32u);
}

TEST(Machine, WithoutL3TheL2IsLast) {
  const FakeRoot root("no_l3");
  WriteCache(root, 0, "Data", 1, "64K");
  WriteCache(root, 1, "Unified", 2, "2M");
  EXPECT_EQ(Machine::Detect(root.path()).llc_bytes, 2 << 20);
}

TEST(Machine, AGuestNamesItsHost) {
  const FakeRoot root("guest");
  root.Write("proc/cpuinfo", "flags : hypervisor avx2\n");
  EXPECT_NE(Machine::Detect(root.path()).hypervisor, "");
}

TEST(Machine, AQuotaLimitsTheCores) {
  const FakeRoot root("cores");
  root.Write("proc/self/cgroup", "0::/\n");
  root.Write("sys/fs/cgroup/cpu.max", "50000 100000\n");
  EXPECT_EQ(Machine::Detect(root.path()).cores, 1);
}

TEST(Machine, Facts) {
  Machine machine;
  machine.l1d_bytes = 1;
  machine.l2_bytes = 2;
  machine.llc_bytes = 3;
  machine.vector_bytes = 64;
  machine.cores = 5;
  EXPECT_EQ(ToString(machine.Facts()),
            "l1d_bytes=1,l2_bytes=2,llc_bytes=3,vector_bytes=64,cores=5");
}

TEST(Machine, RecordIsShortAndHuman) {
  const FakeRoot root("record");
  WriteXeon(root);
  Machine machine = Machine::Detect(root.path());
  machine.cores = 2;
  EXPECT_EQ(machine.Record().name, "Intel Xeon Gold 6226R 2.90GHz (6-85-7), 2 cores, avx512_vnni");
  EXPECT_THAT(machine.Record().detail, HasSubstr("\"microcode\":\"0x5003006\""));
}

TEST(Machine, EveryFieldIsPartOfTheFingerprint) {
  const std::vector<std::function<void(Machine&)>> changes = {
      [](Machine& m) { m.cpu_model = "x"; }, [](Machine& m) { m.family = 1; },
      [](Machine& m) { m.model = 1; },       [](Machine& m) { m.stepping = 1; },
      [](Machine& m) { m.microcode = "x"; }, [](Machine& m) { m.isa = {"avx"}; },
      [](Machine& m) { m.l1d_bytes = 1; },   [](Machine& m) { m.l2_bytes = 1; },
      [](Machine& m) { m.llc_bytes = 1; },   [](Machine& m) { m.vector_bytes = 1; },
      [](Machine& m) { m.cores = 9; },       [](Machine& m) { m.governor = "x"; },
      [](Machine& m) { m.kernel = "x"; },    [](Machine& m) { m.hypervisor = "x"; }};
  std::vector<std::string> fingerprints = {Machine{}.Record().fingerprint};
  for (const auto& change : changes) {
    Machine machine;
    change(machine);
    fingerprints.push_back(machine.Record().fingerprint);
  }
  EXPECT_EQ(Machine{}.Record().fingerprint, fingerprints.front());
  std::sort(fingerprints.begin(), fingerprints.end());
  EXPECT_EQ(std::unique(fingerprints.begin(), fingerprints.end()), fingerprints.end());
}

TEST(Machine, ThisOneIsSteady) {
  const Machine machine = Machine::Detect();
  EXPECT_GE(machine.cores, 1);
  EXPECT_EQ(machine.Record().fingerprint, Machine::Detect().Record().fingerprint);
}

constexpr double kUnlimited = std::numeric_limits<double>::infinity();

TEST(CpuQuota, NoneWithoutFiles) { EXPECT_EQ(CpuQuota(FakeRoot("no_quota").path()), kUnlimited); }

TEST(CpuQuota, V2TakesTheStrictestAncestor) {
  const FakeRoot root("v2");
  root.Write("proc/self/cgroup", "0::/slice/pod/box\n");
  root.Write("sys/fs/cgroup/slice/cpu.max", "300000 100000\n");
  root.Write("sys/fs/cgroup/slice/pod/cpu.max", "150000 100000\n");
  root.Write("sys/fs/cgroup/slice/pod/box/cpu.max", "max 100000\n");
  EXPECT_EQ(CpuQuota(root.path()), 1.5);
}

TEST(CpuQuota, V2InAContainerThatSeesOnlyItsOwnMount) {
  const FakeRoot root("v2_container");
  root.Write("proc/self/cgroup", "0::/not/visible/here\n");
  root.Write("sys/fs/cgroup/cpu.max", "200000 100000\n");
  EXPECT_EQ(CpuQuota(root.path()), 2);
}

TEST(CpuQuota, V1) {
  const FakeRoot root("v1");
  root.Write("proc/self/cgroup", "5:cpuset:/other\n4:cpuacct,cpu:/box\n");
  root.Write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  root.Write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  root.Write("sys/fs/cgroup/cpu/box/cpu.cfs_quota_us", "75000\n");
  root.Write("sys/fs/cgroup/cpu/box/cpu.cfs_period_us", "50000\n");
  EXPECT_EQ(CpuQuota(root.path()), 1.5);
}

TEST(AllowedCpus, AscendingAndNotEmpty) {
  const std::vector<int> cpus = AllowedCpus();
  ASSERT_FALSE(cpus.empty());
  EXPECT_TRUE(std::is_sorted(cpus.begin(), cpus.end()));
}

}  // namespace
}  // namespace tilesmith
