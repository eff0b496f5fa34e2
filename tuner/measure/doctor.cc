#include "tuner/measure/doctor.h"

#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <sstream>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "results/error.h"
#include "tuner/gate/sandbox.h"
#include "tuner/measure/meter.h"
#include "tuner/measure/peaks.h"

namespace tilesmith {
namespace {

namespace fs = std::filesystem;

Observation Unknown(std::string name) { return {std::move(name), "unknown", ""}; }

Observation Governor(const Machine& machine, const fs::path&) {
  const bool well = machine.governor == "performance" || machine.governor == "unknown";
  return {"governor", machine.governor,
          well ? "" : "the clock follows the load: set the governor to performance"};
}

// Two drivers, opposite senses.
Observation Turbo(const Machine&, const fs::path& root) {
  const fs::path cpu = root / "sys/devices/system/cpu";
  const std::string no_turbo = FirstLine(cpu / "intel_pstate/no_turbo");
  const std::string boost = FirstLine(cpu / "cpufreq/boost");
  if (no_turbo.empty() && boost.empty()) return Unknown("turbo");
  const bool on = no_turbo.empty() ? boost == "1" : no_turbo == "0";
  return {"turbo", on ? "on" : "off",
          on ? "the clock depends on temperature and neighbours: turn turbo off for final numbers"
             : ""};
}

Observation Smt(const Machine&, const fs::path& root) {
  const std::string active = FirstLine(root / "sys/devices/system/cpu/smt/active");
  if (active.empty()) return Unknown("smt");
  const bool on = active == "1";
  return {"smt", on ? "on" : "off",
          on ? "siblings share a core: give each measuring thread a core of its own" : ""};
}

Observation Quota(const Machine&, const fs::path& root) {
  const double quota = CpuQuota(root);
  if (std::isinf(quota)) return {"cpu quota", "none", ""};
  return {
      "cpu quota", fmt::format("{:g} cpus", quota),
      "the system stops this process for the rest of a period once it has used its share: measure "
      "without a quota"};
}

Observation Load(const Machine& machine, const fs::path& root) {
  std::istringstream line(FirstLine(root / "proc/loadavg"));
  double load = 0;
  if (!(line >> load)) return Unknown("load");
  const bool idle = load <= 0.5 * machine.cores;
  return {"load", fmt::format("{:.2f} on {} cpus", load, machine.cores),
          idle ? "" : "other work runs beside the measurements: stop it"};
}

// "cpu  user nice system idle iowait irq softirq steal": jiffies since boot.
Observation Stolen(const Machine&, const fs::path& root) {
  std::istringstream line(FirstLine(root / "proc/stat"));
  std::string cpu;
  double user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0;
  if (!(line >> cpu >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal)) {
    return Unknown("stolen time");
  }
  const double busy = user + nice + system + irq + softirq + steal;
  const double share = busy > 0 ? steal / busy : 0;
  return {
      "stolen time", fmt::format("{:.1f}% since boot", 100 * share),
      share <= 0.01 ? "" : "the host runs other guests on these processors: expect slow spells"};
}

Observation Virtualisation(const Machine& machine, const fs::path&) {
  if (machine.hypervisor.empty()) return {"virtualisation", "none", ""};
  return {"virtualisation", machine.hypervisor,
          "a neighbour may halve the speed unseen: trust paired ratios, not absolute times"};
}

// A fixed layout is steady and wrong: it repeats one lucky or unlucky placement for ever.
Observation Aslr(const Machine&, const fs::path& root) {
  const std::string level = FirstLine(root / "proc/sys/kernel/randomize_va_space");
  if (level.empty()) return Unknown("aslr");
  if (level != "0") return {"aslr", "on", ""};
  return {"aslr", "off", "every run has the same layout, good or bad: turn it on and compare runs"};
}

Observation HugePages(const Machine&, const fs::path& root) {
  const std::string modes = FirstLine(root / "sys/kernel/mm/transparent_hugepage/enabled");
  const auto begin = modes.find('['), end = modes.find(']');
  if (begin == std::string::npos || end == std::string::npos) return Unknown("huge pages");
  const std::string mode = modes.substr(begin + 1, end - begin - 1);
  return {"huge pages", mode,
          mode != "always"
              ? ""
              : "buffers get huge pages by chance of alignment: set madvise for steadier "
                "times"};
}

Observation Clock(const Machine&, const fs::path& root) {
  const fs::path source = root / "sys/devices/system/clocksource/clocksource0/current_clocksource";
  const std::string name = FirstLine(source);
  const double resolution = ClockResolution();
  const bool fine = resolution <= 200;  // 0.1 % of a sample (meter.h)
  return {"clock",
          fmt::format("{}, resolves {:.0f} ns", name.empty() ? "unknown" : name, resolution),
          fine ? "" : "too coarse for short samples: boot with the tsc clock source"};
}

Observation BuildType(const Machine&, const fs::path&) {
#if defined(__OPTIMIZE__)
  return {"tilesmith build", "optimised", ""};
#else
  return {"tilesmith build", "not optimised",
          "peaks read too low: build with CMAKE_BUILD_TYPE=Release"};
#endif
}

std::int64_t FreeBytes() {
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    std::istringstream stream(line);
    std::string name;
    std::int64_t kibi = 0;
    if (stream >> name >> kibi && name == "MemAvailable:") return kibi * 1024;
  }
  return 0;
}

std::vector<int> CpusFor(int threads) {
  const std::vector<int> allowed = AllowedCpus();
  std::vector<int> cpus;
  for (std::size_t i = 0; i < static_cast<std::size_t>(threads); ++i) {
    cpus.push_back(allowed[i % allowed.size()]);
  }
  return cpus;
}

// Room for the buffer, the stacks and the threads' heaps, which reserve far more than they use.
Limits LimitsFor(int threads, double seconds) {
  const double limit_s = 10 * seconds + 60;
  return {.call_s = limit_s,
          .total_s = limit_s,
          .memory_bytes = (2ull << 30) + static_cast<std::uint64_t>(threads) * (256ull << 20)};
}

}  // namespace

Peaks MeasurePeaks(int threads, double seconds) {
  TILESMITH_CHECK(threads >= 1 && seconds > 0);
  static_assert(std::is_trivially_copyable_v<Peaks>);  // it crosses processes as bytes
  const std::vector<int> cpus = CpusFor(threads);
  const std::int64_t buffer = StreamBufferBytes(Machine::Detect(), FreeBytes());
  const auto body = [&](Channel& channel) {
    channel.Stage(fmt::format("measuring peaks with {} threads", threads));
    const Peaks peaks = MeasurePeaksHere(cpus, seconds, buffer);
    channel.Send({reinterpret_cast<const char*>(&peaks), sizeof(peaks)});
  };
  return PeaksFrom(RunInChild(body, LimitsFor(threads, seconds)));
}

Peaks PeaksFrom(const Ending& ending) {
  Peaks peaks;
  if (ending.how != Ending::How::kReturned || ending.payload.size() != sizeof(peaks)) {
    throw UserError(
        fmt::format("cannot measure what this machine can do: {}; try again, with more "
                    "free memory or fewer threads",
                    ending.Describe()));
  }
  std::memcpy(&peaks, ending.payload.data(), sizeof(peaks));
  return peaks;
}

std::vector<Observation> Examine(const Machine& machine, const fs::path& root) {
  std::vector<Observation> observations;
  for (const auto look : {Governor, Turbo, Smt, Quota, Load, Stolen, Virtualisation, Aslr,
                          HugePages, Clock, BuildType}) {
    observations.push_back(look(machine, root));
  }
  return observations;
}

}  // namespace tilesmith
