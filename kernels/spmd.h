// The originals launch a kernel as `spmd(n)`: n independent tasks, each told its number. Here the
// tasks share OpenMP's threads, so a tile that changes the number of tasks changes the balance as
// it does there. Includes nothing; without -fopenmp the tasks run one after another, in order.
#pragma once

#include "tuner/abi.h"

namespace kernels {

/// Runs body(task) for task = 0 … tasks-1. Tasks must write disjoint places; the call returns when
/// all are done, which makes it the barrier between two stages.
template <typename Body>
inline void spmd(long tasks, const Body& body) {
#ifdef _OPENMP
  // A clause rather than omp_set_num_threads(): it reaches whichever OpenMP runtime this variant
  // was compiled for, libgomp or libomp.
  if (const int threads = tilesmith::abi::thread_count; threads > 0) {
#pragma omp parallel for schedule(static) num_threads(threads)
    for (long task = 0; task < tasks; ++task) body(task);
    return;
  }
#pragma omp parallel for schedule(static)
#endif
  for (long task = 0; task < tasks; ++task) body(task);
}

}  // namespace kernels
