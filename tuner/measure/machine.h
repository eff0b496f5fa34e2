// What machine this is: the part of a result's identity that decides speed, and the facts that
// constraints may name.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "results/config.h"
#include "results/records.h"

namespace tilesmith {

struct Machine {
  std::string cpu_model;  // "Intel(R) Xeon(R) Processor"
  int family = 0, model = 0, stepping = 0;
  std::string microcode = "unknown";  // "0x1"; "unknown" where the system hides it
  std::vector<std::string>
      isa;  // sorted; those that kernels may be compiled for: avx2, avx512_vnni, …
  std::int64_t l1d_bytes = 0, l2_bytes = 0, llc_bytes = 0;  // per core, per core, whole; 0: unknown
  int vector_bytes = 16;                                    // widest SIMD register
  int cores = 1;                     // that this process may use (affinity and cgroup quota)
  std::string governor = "unknown";  // "performance"; "unknown" in most guests
  std::string kernel = "unknown";    // "6.1.0-18-amd64"
  std::string hypervisor;  // "kvm"; empty on bare metal; "unknown" for one that does not say

  /// Reads /proc and /sys below `root` (tests have their own) and asks the system for the affinity;
  /// a field that cannot be read keeps its default. Never throws for what it finds there.
  static Machine Detect(const std::filesystem::path& root = "/");

  /// {"l1d_bytes", "l2_bytes", "llc_bytes", "vector_bytes", "cores"}: what constraints may use.
  Dims Facts() const;
  /// With a JSON object of all fields as detail and its digest as fingerprint, so that two machines
  /// are one exactly when every field agrees: another microcode is another machine.
  MachineRecord Record() const;
};

/// Processors that this process may run on, ascending; never empty.
std::vector<int> AllowedCpus();

/// Processors' worth of time that the cgroups of this process grant, v1 or v2, the strictest of its
/// ancestors; infinite without a quota.
double CpuQuota(const std::filesystem::path& root = "/");

/// The first line of a file below /proc or /sys without blanks at its ends; empty when it cannot be
/// read.
std::string FirstLine(const std::filesystem::path& file);

}  // namespace tilesmith
