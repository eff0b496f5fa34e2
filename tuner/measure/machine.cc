#include "tuner/measure/machine.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <sched.h>
#include <nlohmann/json.hpp>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "reports/digest.h"

namespace tilesmith {
namespace {

namespace fs = std::filesystem;

// As the kernel spells them, of x86 and Arm. The dozens of other flags (mitigations,
// virtualisation, instructions no kernel is written in) change with firmware and would split equal
// machines.
constexpr std::string_view kIsa[] = {
    "amx_bf16",      "amx_fp16",    "amx_int8",     "amx_tile",      "asimd",
    "asimddp",       "asimdhp",     "avx",          "avx2",          "avx512_bf16",
    "avx512_bitalg", "avx512_fp16", "avx512_vbmi2", "avx512_vnni",   "avx512_vpopcntdq",
    "avx512bw",      "avx512cd",    "avx512dq",     "avx512f",       "avx512ifma",
    "avx512vbmi",    "avx512vl",    "avx_vnni",     "avx_vnni_int8", "bf16",
    "bmi2",          "f16c",        "fma",          "i8mm",          "sse4_2",
    "sve",           "sve2"};

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// The number at the start of the text; `otherwise` when there is none.
std::int64_t Number(std::string_view text, std::int64_t otherwise) {
  std::int64_t value = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// "48K" and "480M" as sysfs writes sizes.
std::int64_t Bytes(std::string_view text) {
  const std::int64_t number = Number(text, 0);
  if (text.ends_with('K')) return number << 10;
  if (text.ends_with('M')) return number << 20;
  if (text.ends_with('G')) return number << 30;
  return number;
}

// The first processor's block of /proc/cpuinfo.
std::map<std::string, std::string> CpuInfo(const fs::path& root) {
  std::map<std::string, std::string> fields;
  std::ifstream file(root / "proc/cpuinfo");
  for (std::string line; std::getline(file, line) && !Trim(line).empty();) {
    const auto colon = line.find(':');
    if (colon == std::string::npos) continue;
    fields.emplace(Trim(std::string_view(line).substr(0, colon)),
                   Trim(std::string_view(line).substr(colon + 1)));
  }
  return fields;
}

using WordSet = std::set<std::string, std::less<>>;

WordSet Words(const std::string& text) {
  std::istringstream stream(text);
  WordSet words;
  for (std::string word; stream >> word;) words.insert(word);
  return words;
}

std::vector<std::string> Supported(const WordSet& flags) {
  std::vector<std::string> isa;
  for (const std::string_view name : kIsa) {
    if (flags.contains(name)) isa.emplace_back(name);
  }
  std::sort(isa.begin(), isa.end());
  return isa;
}

void SetCaches(const fs::path& cpu, Machine& machine) {
  std::int64_t last_level = 0;
  for (int index = 0;; ++index) {
    const fs::path cache = cpu / fmt::format("cache/index{}", index);
    const std::string type = FirstLine(cache / "type");
    if (type.empty()) return;
    if (type == "Instruction") continue;
    const std::int64_t level = Number(FirstLine(cache / "level"), 0);
    const std::int64_t bytes = Bytes(FirstLine(cache / "size"));
    if (level == 1) machine.l1d_bytes = bytes;
    if (level == 2) machine.l2_bytes = bytes;
    if (level >= last_level) {
      last_level = level;
      machine.llc_bytes = bytes;
    }
  }
}

int VectorBytes(const std::vector<std::string>& isa) {
  const auto has = [&](std::string_view name) {
    return std::find(isa.begin(), isa.end(), name) != isa.end();
  };
  return has("avx512f") ? 64 : has("avx2") ? 32 : 16;
}

// A guest is told apart by a bit of cpuid that the kernel shows as a flag; who the host is, by a
// leaf.
std::string Hypervisor() {
#if defined(__x86_64__)
  std::array<unsigned, 4> words{};
  __cpuid(0x40000000, words[0], words[1], words[2], words[3]);
  std::string name;
  for (std::size_t i = 1; i < 4; ++i) {
    for (unsigned shift = 0; shift < 32; shift += 8) {
      const auto c = static_cast<char>(words[i] >> shift & 0xff);
      if (c >= ' ' && c <= '~') name += c;
    }
  }
  constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"KVMKVMKVM", "kvm"},    {"Microsoft Hv", "hyperv"}, {"VMwareVMware", "vmware"},
      {"XenVMMXenVMM", "xen"}, {"TCGTCGTCGTCG", "qemu"},   {"bhyve bhyve ", "bhyve"}};
  for (const auto& [signature, known] : kNames) {
    if (name == signature) return std::string(known);
  }
  if (!name.empty()) return name;
#endif
  return "unknown";
}

std::string OrUnknown(std::string text) { return text.empty() ? "unknown" : std::move(text); }

// "Intel(R) Xeon(R) Gold 6226R CPU @ 2.90GHz" is "Intel Xeon Gold 6226R 2.90GHz".
std::string ShortModel(const std::string& model) {
  std::istringstream stream(model);
  std::string name;
  for (std::string word; stream >> word;) {
    for (const std::string_view mark : {"(R)", "(TM)", "(r)", "(tm)"}) {
      if (const auto at = word.find(mark); at != std::string::npos) word.erase(at, mark.size());
    }
    if (word.empty() || word == "CPU" || word == "Processor" || word == "@") continue;
    name += (name.empty() ? "" : " ") + word;
  }
  return name.empty() ? "unknown processor" : name;
}

std::string_view BestIsa(const std::vector<std::string>& isa) {
  for (const std::string_view name : {"avx512_vnni", "avx512f", "avx_vnni", "avx2", "avx", "sse4_2",
                                      "sve2", "sve", "i8mm", "asimddp", "asimd"}) {
    if (std::find(isa.begin(), isa.end(), name) != isa.end()) return name;
  }
  return "no vector extension";
}

}  // namespace

std::string FirstLine(const fs::path& file) {
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  return std::string(Trim(line));
}

std::vector<int> AllowedCpus() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  std::vector<int> cpus;
  if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0) {
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(static_cast<std::size_t>(cpu), &allowed)) cpus.push_back(cpu);
    }
  }
  if (cpus.empty()) cpus.push_back(0);  // more processors than cpu_set_t holds
  return cpus;
}

Machine Machine::Detect(const fs::path& root) {
  Machine machine;
  auto info = CpuInfo(root);
  machine.cpu_model = info["model name"];
  machine.family = static_cast<int>(Number(info["cpu family"], 0));
  machine.model = static_cast<int>(Number(info["model"], 0));
  machine.stepping = static_cast<int>(Number(info["stepping"], 0));
  machine.microcode = OrUnknown(info["microcode"]);
  const auto flags = Words(info["flags"] + " " + info["Features"]);
  machine.isa = Supported(flags);
  machine.vector_bytes = VectorBytes(machine.isa);
  if (flags.contains("hypervisor")) machine.hypervisor = Hypervisor();

  const std::vector<int> cpus = AllowedCpus();
  const fs::path cpu = root / fmt::format("sys/devices/system/cpu/cpu{}", cpus.front());
  SetCaches(cpu, machine);
  machine.governor = OrUnknown(FirstLine(cpu / "cpufreq/scaling_governor"));
  machine.kernel = OrUnknown(FirstLine(root / "proc/sys/kernel/osrelease"));
  const double granted = std::ceil(CpuQuota(root));  // half a processor still runs one thread
  machine.cores = static_cast<int>(std::min(static_cast<double>(cpus.size()), granted));
  return machine;
}

Dims Machine::Facts() const {
  return {{"l1d_bytes", l1d_bytes},
          {"l2_bytes", l2_bytes},
          {"llc_bytes", llc_bytes},
          {"vector_bytes", vector_bytes},
          {"cores", cores}};
}

MachineRecord Machine::Record() const {
  const nlohmann::json detail = {{"cpu_model", cpu_model}, {"family", family},
                                 {"model", model},         {"stepping", stepping},
                                 {"microcode", microcode}, {"isa", isa},
                                 {"l1d_bytes", l1d_bytes}, {"l2_bytes", l2_bytes},
                                 {"llc_bytes", llc_bytes}, {"vector_bytes", vector_bytes},
                                 {"cores", cores},         {"governor", governor},
                                 {"kernel", kernel},       {"hypervisor", hypervisor}};
  // Bytes that are no UTF-8 would throw; a processor's name is not worth a crash.
  const std::string text = detail.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return {.fingerprint = HexDigest(text),
          .name = fmt::format("{} ({}-{}-{}), {} core{}, {}", ShortModel(cpu_model), family, model,
                              stepping, cores, cores == 1 ? "" : "s", BestIsa(isa)),
          .detail = text};
}

}  // namespace tilesmith
