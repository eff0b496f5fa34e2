// Broken: recurses without end, as an accumulator array that grows with the tile does in one step.
#pragma once

#include "tests/broken/scale.h"

namespace broken {

/// Not a tail call: the frame is read after the call returns.
inline float Deeper(const ScaleArgs& a, int depth) {
  volatile float frame[1024];
  frame[depth % 1024] = a.x[0];
  return (depth < 0 ? 0 : Deeper(a, depth + 1)) + frame[depth % 1024];
}

template <auto kTiles>
void StackOverflow(const ScaleArgs& a) {
  ScaleRight<kTiles.N_TILE>(a);
  if constexpr (kTiles.N_TILE == kUnlucky) a.y[0] = Deeper(a, 0);
}

}  // namespace broken
