#include "tuner/sweep/pinning.h"

#include <cstdlib>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sched.h>

namespace tilesmith {

Pinning::Pinning(int threads) : threads_(threads) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  sched_getaffinity(0, sizeof(allowed), &allowed);
  for (int cpu = 0; cpu < CPU_SETSIZE && static_cast<int>(cpus_.size()) < threads; ++cpu) {
    if (CPU_ISSET(static_cast<unsigned>(cpu), &allowed)) cpus_.push_back(cpu);
  }
}

void Pinning::Apply() const {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus_) CPU_SET(static_cast<unsigned>(cpu), &set);
  sched_setaffinity(0, sizeof(set), &set);  // refused in some containers: then the system places us
  // Read when libgomp or libomp is loaded, which happens with the first variant, in this child.
  setenv("OMP_NUM_THREADS", fmt::format("{}", threads_).c_str(), 1);
  const bool one_each = static_cast<int>(cpus_.size()) == threads_;
  setenv("OMP_PROC_BIND", one_each ? "true" : "false", 1);
  setenv("OMP_DYNAMIC", "false", 1);
}

std::string Pinning::ToString() const { return fmt::format("cpus {}", fmt::join(cpus_, ",")); }

}  // namespace tilesmith
