#include "tuner/measure/meter.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include <benchmark/benchmark.h>

#include "results/error.h"

namespace tilesmith {
namespace {

// Keeps times instead of printing them.
class Recorder : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      // GetAdjustedRealTime would be in the unit of the run; the raw field is in seconds.
      ns_per_call_.push_back(1e9 * run.real_accumulated_time / static_cast<double>(run.iterations));
    }
  }
  std::vector<double> Take() { return std::move(ns_per_call_); }

 private:
  std::vector<double> ns_per_call_;
};

// Google Benchmark takes the defaults of its flags from the environment; one stray
// BENCHMARK_REPETITIONS or BENCHMARK_OUT in a user's shell would change what a sample is. Flags
// given explicitly win.
void FixFlags() {
  std::string arguments[] = {"tilesmith",
                             "--benchmark_list_tests=false",
                             "--benchmark_repetitions=1",
                             "--benchmark_enable_random_interleaving=false",
                             "--benchmark_min_warmup_time=0",
                             "--benchmark_report_aggregates_only=false",
                             "--benchmark_display_aggregates_only=false",
                             "--benchmark_out=",
                             "--benchmark_perf_counters=",
                             "--benchmark_format=console",
                             "--benchmark_out_format=json",
                             "--benchmark_color=false",
                             "--v=0"};
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  int count = static_cast<int>(pointers.size());
  pointers.push_back(nullptr);
  benchmark::Initialize(&count, pointers.data());
  TILESMITH_CHECK(count == 1);  // every flag was known
}

}  // namespace

void WarmUpMeter() {
  static const bool once = [] {
    FixFlags();
    benchmark::CPUInfo::Get();
    benchmark::SystemInfo::Get();
    return true;
  }();
  static_cast<void>(once);
}

std::vector<double> TimeBlocks(const std::vector<Block>& blocks) {
  if (blocks.empty()) return {};  // Google Benchmark complains of an empty registry
  WarmUpMeter();
  benchmark::ClearRegisteredBenchmarks();
  for (const Block& block : blocks) {
    TILESMITH_CHECK(block.iterations >= 1 && block.run != nullptr);
    benchmark::RegisterBenchmark("block",
                                 [&block](benchmark::State& state) {
                                   for (auto _ : state) block.run();
                                 })
        ->Iterations(block.iterations)
        ->Repetitions(1)
        ->UseRealTime();
  }
  Recorder recorder;
  benchmark::RunSpecifiedBenchmarks(&recorder, nullptr, ".");
  benchmark::ClearRegisteredBenchmarks();
  std::vector<double> ns = recorder.Take();
  TILESMITH_CHECK(ns.size() == blocks.size());
  return ns;
}

double ClockResolution() {
  using Clock = std::chrono::steady_clock;
  double smallest = std::numeric_limits<double>::infinity();
  for (int i = 0; i < 1000; ++i) {
    const auto start = Clock::now();
    auto now = start;
    while (now == start) now = Clock::now();
    smallest = std::min(smallest, std::chrono::duration<double, std::nano>(now - start).count());
  }
  return smallest;
}

std::int64_t IterationsFor(double call_ns, double sample_ns) {
  TILESMITH_CHECK(call_ns > 0 && sample_ns > 0);
  const double calls = std::ceil(sample_ns / call_ns);
  constexpr double kMost = 1e9;  // Google Benchmark's own limit
  return static_cast<std::int64_t>(std::clamp(calls, 1.0, kMost));
}

}  // namespace tilesmith
