// Broken: the row's scale comes from its largest value, not from its largest magnitude
// (kernels.md P2: "rowmax alone is a bug"). Where that is negative, codes leave the int8 range and
// wrap.
#pragma once

#include "tests/broken/half_away.h"
#include "tests/broken/scale.h"

namespace broken {

template <auto kTiles>
void MaxWithoutAbs(const QuantArgs& a) {
  for (int t = 0; t < a.T; ++t) {
    const float* row = a.x + t * a.N;
    float amax = 1e-4f;
    for (int i = 0; i < a.N; ++i) {
      const float size = kTiles.N_TILE == kUnlucky ? row[i] : __builtin_fabsf(row[i]);
      amax = size > amax ? size : amax;
    }
    const float factor = 127 / amax;
    for (int i = 0; i < a.N; ++i) {
      const auto code = static_cast<int>(__builtin_rintf(row[i] * factor));
      a.q[t * a.N + i] = static_cast<signed char>(code);
    }
    a.scale[t] = 1 / factor;
  }
}

}  // namespace broken
