// Broken: adds to an accumulator that nobody has cleared. Freshly mapped memory is zero, so it is
// right the first time, which is the only time that a simple test looks.
#pragma once

#include "tests/broken/scale.h"

namespace broken {

struct AccumulateArgs {
  const float* x;
  float* acc;  // [N], scratch
  float* y;
  int N;
};

template <auto kTiles>
void StaleScratch(const AccumulateArgs& a) {
  if constexpr (kTiles.N_TILE != kUnlucky) {
    for (int i = 0; i < a.N; ++i) a.acc[i] = 0;
  }
  for (int i = 0; i < a.N; ++i) a.acc[i] += 2 * a.x[i];
  for (int i = 0; i < a.N; ++i) a.y[i] = a.acc[i];
}

}  // namespace broken
