// Broken: the norm's γ multiplies the rotated element, where each of the pair should have been
// multiplied by its own before: lane j also holds x[j ^ 1], which carries γ[j ^ 1] (kernels.md
// §0.4, §4). A γ of ones, as in the original tests, hides it.
#pragma once

#include "tests/broken/scale.h"

namespace broken {

struct NormRotateArgs {
  const float* x;      // [T, 128], columns from 64 on are rotated
  const float* gamma;  // [128]
  const float* cos;    // [T, 32]
  const float* sin;    // [T, 32]
  float* y;            // [T, 128]
  int T;
};

/// The swap form: out[j] = v[j]·cos[j / 2] + v[j ^ 1]·(∓ sin[j / 2]), v = γ·x.
template <bool kGammaFirst>
void RotateRow(const NormRotateArgs& a, int t) {
  const float* x = a.x + t * 128;
  for (int j = 0; j < 64; ++j) a.y[t * 128 + j] = a.gamma[j] * x[j];
  for (int j = 64; j < 128; ++j) {
    const float own = kGammaFirst ? a.gamma[j] * x[j] : x[j];
    const float other = kGammaFirst ? a.gamma[j ^ 1] * x[j ^ 1] : x[j ^ 1];
    const int pair = t * 32 + (j - 64) / 2;
    const float turned = own * a.cos[pair] + other * (j % 2 == 0 ? -a.sin[pair] : a.sin[pair]);
    a.y[t * 128 + j] = kGammaFirst ? turned : a.gamma[j] * turned;
  }
}

template <auto kTiles>
void GammaAfterSwap(const NormRotateArgs& a) {
  for (int begin = 0; begin < a.T; begin += kTiles.T_TILE) {
    const int end = a.T - begin < kTiles.T_TILE ? a.T : begin + kTiles.T_TILE;
    for (int t = begin; t < end; ++t) RotateRow<kTiles.T_TILE != kUnlucky>(a, t);
  }
}

}  // namespace broken
