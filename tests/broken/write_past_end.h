// Broken: the last block is padded to its full size and written back, padding and all. Right for
// every tile that divides N. ("Padding rows must be zero-filled and never written back", kernels.md
// §0.7.)
#pragma once

#include "tests/broken/scale.h"

namespace broken {

template <auto kTiles>
void WritePastEnd(const ScaleArgs& a) {
  for (int begin = 0; begin < a.N; begin += kTiles.N_TILE) {
    for (int i = begin; i < begin + kTiles.N_TILE; ++i) a.y[i] = i < a.N ? 2 * a.x[i] : 0;
  }
}

}  // namespace broken
