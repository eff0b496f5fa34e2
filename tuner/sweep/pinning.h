// Where a measuring child runs: as many processors as it has threads, one thread on each.
#pragma once

#include <string>
#include <vector>

namespace tilesmith {

class Pinning {
 public:
  /// The first `threads` processors that this process may use (all, when it may use fewer).
  explicit Pinning(int threads);

  /// Binds this process, and tells the OpenMP runtimes that variants will load to keep their
  /// threads in place. Called in the forked child before the first variant is loaded.
  void Apply() const;
  /// "cpus 0,1"; part of the provenance.
  std::string ToString() const;

 private:
  int threads_;
  std::vector<int> cpus_;
};

}  // namespace tilesmith
