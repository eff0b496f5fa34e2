// The template beside scale_kernel.h.
#pragma once

#include "tuner/abi.h"

namespace tilesmith::testing_gate {

struct Args {
  const float* x = nullptr;            // [T, D]
  const signed char* codes = nullptr;  // [2 * D]
  const bf16* weights = nullptr;       // [D]
  float* state = nullptr;              // [T], updated
  float* scratch = nullptr;            // [D]
  float* y = nullptr;                  // [T, D]
  int T = 0;
  int D = 0;
  float limit = 0;
};

/// y = x * limit; state += 1. Does not compile for T_TILE = 1000.
template <auto kTiles>
void Scale(const Args& a) {
  static_assert(kTiles.T_TILE < 1000, "T_TILE is too large");
  for (int begin = 0; begin < a.T; begin += kTiles.T_TILE) {
    for (int t = begin; t < a.T && t < begin + kTiles.T_TILE; ++t) {
      for (int d = 0; d < a.D; ++d) a.scratch[d] = a.x[t * a.D + d];
      for (int d = 0; d < a.D; ++d) a.y[t * a.D + d] = a.scratch[d] * a.limit;
      a.state[t] += 1;
    }
  }
}

}  // namespace tilesmith::testing_gate
