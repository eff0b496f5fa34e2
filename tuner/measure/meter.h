// The clock: Google Benchmark, behind this one file. It times blocks of calls in the order given;
// who is timed when, and what that means, is decided elsewhere (screening.h, duel.h).
//
// It owns Google Benchmark's registry of benchmarks: what a program registered there is cleared.
// Nothing is printed, no file written, and BENCHMARK_… environment variables and flags change
// nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace tilesmith {

/// One place in a measuring plan: `iterations` calls of `run` in a row, timed as one.
struct Block {
  std::function<void()> run;  // must not throw; some 2 ns of each call are std::function's
  std::int64_t iterations = 1;
};

/// Wall nanoseconds per call of each block, timed back to back in the given order by Google
/// Benchmark, on the calling thread. Nothing is paused or flushed inside a block. Between two
/// blocks lie 2 to 7 microseconds of Google Benchmark's own
/// (tests/tuner/measure/meter_benchmark.cc); they are not timed. A call too short for the clock may
/// read 0. Not reentrant.
std::vector<double> TimeBlocks(const std::vector<Block>& blocks);

/// Reads what Google Benchmark reads once per process (it may sleep to estimate the clock rate), so
/// that forked children inherit it. Call in the parent; starts no thread.
void WarmUpMeter();

/// Smallest difference of two readings of the clock, in ns.
double ClockResolution();

/// Calls per sample, so that one sample is at least `sample_ns` long: max(1, ceil(sample_ns /
/// call_ns)) (performance.md §D 1: 0.2 ms keeps the clock below 0.02 %). Requires a positive
/// call_ns.
std::int64_t IterationsFor(double call_ns, double sample_ns = 200'000);

}  // namespace tilesmith
