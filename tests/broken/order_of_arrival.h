// Broken: partial sums are added in the order in which their threads arrive, as with atomics ("FP32
// atomics break 10/10 determinism", kernels.md §9). Each result is within tolerance, no two runs
// need agree. Here a counter plays the scheduler, so that the exhibit breaks every time.
#pragma once

namespace broken {

struct SumArgs {
  const float* x;
  float* sum;  // [1]
  int N;
};

template <auto kTiles>
void OrderOfArrival(const SumArgs& a) {
  static int calls = 0;
  const int arrives_first = kTiles.IN_ORDER == 1 ? 0 : 37 * calls++ % a.N;
  float sum = 0;
  for (int i = 0; i < a.N; ++i) sum += a.x[(arrives_first + i) % a.N];
  *a.sum = sum;
}

}  // namespace broken
