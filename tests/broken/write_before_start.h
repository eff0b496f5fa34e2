// Broken: the last block is moved back so that it ends at N, which saves the clipping; where N is
// smaller than a block, it begins before the output does.
#pragma once

#include "tests/broken/scale.h"

namespace broken {

template <auto kTiles>
void WriteBeforeStart(const ScaleArgs& a) {
  for (int begin = 0; begin < a.N; begin += kTiles.N_TILE) {
    const int first = a.N - begin < kTiles.N_TILE ? a.N - kTiles.N_TILE : begin;
    for (int i = first; i < first + kTiles.N_TILE; ++i) a.y[i] = i < 0 ? 0 : 2 * a.x[i];
  }
}

}  // namespace broken
