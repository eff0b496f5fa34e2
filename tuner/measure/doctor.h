// What this machine can do and what disturbs it: measured bandwidth and peaks (the rooflines), and
// a list of observations with advice. It changes nothing.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tuner/measure/machine.h"

namespace tilesmith {

/// A measured rate with its spread over repetitions.
struct Rate {
  double median = 0, low = 0, high = 0;
};

/// Peaks of this machine with `threads` threads together; 0 where the processor has no such
/// instruction. On a shared machine they are what the neighbours left during that second: `high` of
/// several calls is the better bound.
struct Peaks {
  int threads = 1;
  Rate read_gbytes_per_s;  // 1e9 bytes; streaming read from DRAM
  Rate fma_gflops;         // FP32, widest vectors; a fused multiply-add is 2
  Rate vnni_gops;          // INT8 dot product; multiply-add is 2
};

/// Measures in about `seconds`, and up to a second or more to fill the buffer that is read, in a
/// forked child (it uses threads, the parent must not). Thread i is pinned to the i-th processor
/// that this process may use, in turn when there are more threads. The buffer is four times the
/// last-level cache within reason (StreamBufferBytes in peaks.h); where memory is so short that it
/// is no larger than the cache, the rate read is the cache's. Throws UserError when the child
/// cannot be started or does not come back (killed for memory, say): a peak of 0 would mean that
/// there is none.
Peaks MeasurePeaks(int threads, double seconds = 1.0);

struct Observation {
  std::string name;    // "governor"
  std::string value;   // "powersave"
  std::string advice;  // empty when all is well
};

/// Governor, turbo, SMT, quota, load, stolen time, virtualisation, ASLR, huge pages, clock, build
/// type: always all of them, in this order; a value that cannot be read is "unknown". Reads /proc
/// and /sys below `root`.
std::vector<Observation> Examine(const Machine& machine, const std::filesystem::path& root = "/");

}  // namespace tilesmith
