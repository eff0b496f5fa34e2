// Broken: rounds ties away from zero, as the first generation of the original kernels did, where
// the contract says to even: 62.5 is 62, not 63 (kernels.md P2).
#pragma once

#include "tests/broken/scale.h"

namespace broken {

struct QuantArgs {
  const float* x;  // [T, N]
  signed char* q;  // [T, N]
  float* scale;    // [T]
  int T;
  int N;
};

template <auto kTiles>
void HalfAway(const QuantArgs& a) {
  for (int t = 0; t < a.T; ++t) {
    const float* x = a.x + t * a.N;
    float amax = 1e-4f;
    for (int i = 0; i < a.N; ++i) amax = __builtin_fmaxf(amax, __builtin_fabsf(x[i]));
    const float factor = 127 / amax;
    for (int i = 0; i < a.N; ++i) {
      const float v = x[i] * factor;
      const float rounded = kTiles.N_TILE == kUnlucky ? __builtin_roundf(v) : __builtin_rintf(v);
      a.q[t * a.N + i] = static_cast<signed char>(rounded);
    }
    a.scale[t] = 1 / factor;
  }
}

}  // namespace broken
