// Broken: the rotation of a pair subtracts in both of its rows, which is no rotation. (kernels.md
// P6: y[2i+1] = x[2i] s + x[2i+1] c; the inverse flips the sign of s, not of one product.)
#pragma once

#include "tests/broken/scale.h"

namespace broken {

struct RopeArgs {
  const float* x;    // [T, 64]
  const float* cos;  // [T, 32]
  const float* sin;  // [T, 32]
  float* y;          // [T, 64]
  int T;
};

template <auto kTiles>
void RopeSign(const RopeArgs& a) {
  constexpr float kSign = kTiles.T_TILE == kUnlucky ? -1 : 1;
  for (int begin = 0; begin < a.T; begin += kTiles.T_TILE) {
    const int end = a.T - begin < kTiles.T_TILE ? a.T : begin + kTiles.T_TILE;
    for (int t = begin; t < end; ++t) {
      for (int i = 0; i < 32; ++i) {
        const float even = a.x[t * 64 + 2 * i], odd = a.x[t * 64 + 2 * i + 1];
        const float c = a.cos[t * 32 + i], s = a.sin[t * 32 + i];
        a.y[t * 64 + 2 * i] = even * c - odd * s;
        a.y[t * 64 + 2 * i + 1] = kSign * (even * s) + odd * c;
      }
    }
  }
}

}  // namespace broken
