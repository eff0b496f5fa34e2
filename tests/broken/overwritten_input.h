// Broken: scales in place and copies then, so the output is right and the input is not what it was.
// The product's next kernel would read the ruins.
#pragma once

#include "tests/broken/scale.h"

namespace broken {

template <auto kTiles>
void OverwrittenInput(const ScaleArgs& a) {
  if constexpr (kTiles.N_TILE == kUnlucky) {
    float* x = const_cast<float*>(a.x);
    for (int i = 0; i < a.N; ++i) x[i] *= 2;
    for (int i = 0; i < a.N; ++i) a.y[i] = x[i];
  } else {
    ScaleRight<kTiles.N_TILE>(a);
  }
}

}  // namespace broken
