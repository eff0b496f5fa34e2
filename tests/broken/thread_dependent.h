// Broken: every thread adds up a share of its own, so the association of the sum, and with it the
// last bits, depends on how many threads there are. (kernels.md, appendix D: the same bits with 1,
// 2 and all threads.)
#pragma once

#include "tests/broken/order_of_arrival.h"
#include "tuner/abi.h"

namespace broken {

template <auto kTiles>
void ThreadDependent(const SumArgs& a) {
  const int threads = tilesmith::abi::thread_count;
  const int parts = kTiles.FIXED_SPLIT == 1 ? 4 : threads;
  float sum = 0;
  for (int part = 0; part < parts; ++part) {
    float partial = 0;
    for (int i = part; i < a.N; i += parts) partial += a.x[i];
    sum += partial;
  }
  *a.sum = sum;
}

}  // namespace broken
