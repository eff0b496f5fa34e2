#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <string_view>

#include "tuner/measure/machine.h"

namespace tilesmith {
namespace {

namespace fs = std::filesystem;

constexpr double kUnlimited = std::numeric_limits<double>::infinity();

double Ratio(double quota, double period) {
  return quota > 0 && period > 0 ? quota / period : kUnlimited;
}

// v2: one file, "max 100000" or "150000 100000".
double QuotaV2(const fs::path& group) {
  std::istringstream line(FirstLine(group / "cpu.max"));
  double quota = 0, period = 0;
  if (!(line >> quota >> period)) return kUnlimited;
  return Ratio(quota, period);
}

// v1: two files; the quota is -1 without a limit.
double QuotaV1(const fs::path& group) {
  std::istringstream line(FirstLine(group / "cpu.cfs_quota_us") + " " +
                          FirstLine(group / "cpu.cfs_period_us"));
  double quota = 0, period = 0;
  if (!(line >> quota >> period)) return kUnlimited;
  return Ratio(quota, period);
}

// A group is bound by its ancestors too. In a container the path may be the host's and absent here;
// the loop then still ends at the mount itself, which is the container's own group.
template <class Quota>
double Strictest(const fs::path& mount, fs::path group, const Quota& quota) {
  double strictest = quota(mount);
  for (; group.has_relative_path(); group = group.parent_path()) {
    strictest = std::min(strictest, quota(mount / group.relative_path()));
  }
  return strictest;
}

bool ListsCpu(std::string_view controllers) {
  std::istringstream stream{std::string(controllers)};
  for (std::string name; std::getline(stream, name, ',');) {
    if (name == "cpu") return true;
  }
  return false;
}

}  // namespace

double CpuQuota(const fs::path& root) {
  double strictest = kUnlimited;
  std::ifstream file(root / "proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {  // "hierarchy:controllers:path"
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const fs::path group = line.substr(second + 1);
    if (controllers.empty()) {
      strictest = std::min(strictest, Strictest(root / "sys/fs/cgroup", group, QuotaV2));
    } else if (ListsCpu(controllers)) {
      // Mounted under the controllers' joint name, with a link of each single name.
      strictest = std::min(strictest, Strictest(root / "sys/fs/cgroup/cpu", group, QuotaV1));
    }
  }
  return strictest;
}

}  // namespace tilesmith
