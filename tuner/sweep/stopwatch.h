// Adds the wall time of a scope to a total, also when an exception leaves it.
#pragma once

#include <chrono>

namespace tilesmith {

class Stopwatch {
 public:
  /// `total_s`: seconds; outlives this.
  explicit Stopwatch(double& total_s) : total_s_(total_s) {}
  ~Stopwatch() {
    total_s_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  double& total_s_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace tilesmith
