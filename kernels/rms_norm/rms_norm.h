// rms_norm: the RMS normalisation before attention and MoE (kernels.md §13.1).
//
//   y = (x · 1/sqrt(mean(x²) + 1e-6)) · w        in FP32, rounded to bf16
//
// A task is a tile of tokens and one of RMS_D_SPLIT slices of the columns: each slice's task sums
// the whole row again, as the original does, which costs less than waiting for one sum. Squares are
// summed by chunks of D_TILE columns, the chunks in ascending order.
#pragma once

#include "kernels/simd/vec.h"
#include "kernels/spmd.h"

namespace kernels {

struct RmsNormArgs {
  const bf16* x;       // [T, D]
  const bf16* norm_w;  // [D]
  bf16* x_normed;      // [T, D] out
  int T;
  int D;
};

namespace rms_norm {
inline namespace KERNELS_SIMD_ISA {

using simd::F32;

inline float SumOfSquares(const bf16* row, long begin, long end) {
  F32 squares = {};
  simd::ForLanes(
      begin, end, [&](long d, int n) __attribute__((always_inline)) {
        const F32 v = simd::Load(row + d, n);
        squares += v * v;
      });
  return simd::SumLanes(squares);
}

template <int kTile>
float InverseRms(const bf16* row, long D) {
  float sum = 0;
  for (long d = 0; d < D; d += kTile) sum += SumOfSquares(row, d, Clip(d, kTile, D));
  return 1.0f / __builtin_sqrtf(sum * (1.0f / static_cast<float>(D)) + 1e-6f);
}

// Columns [begin, end) of one token.
template <int kTile>
void NormToken(const RmsNormArgs& a, long t, long begin, long end) {
  const bf16* x = a.x + t * a.D;
  const float inverse = InverseRms<kTile>(x, a.D);
  simd::ForLanes(
      begin, end, [&](long d, int n) __attribute__((always_inline)) {
        const F32 normed = simd::Load(x + d, n) * inverse * simd::Load(a.norm_w + d, n);
        simd::Store(a.x_normed + t * a.D + d, normed, n);
      });
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace rms_norm

/// kTiles: T_TILE tokens per task, RMS_D_SPLIT tasks per tile of tokens (both exact), D_TILE columns
/// per chunk of the sum (reorders it).
template <auto kTiles>
void RmsNorm(const RmsNormArgs& a) {
  static_assert(kTiles.T_TILE > 0 && kTiles.D_TILE > 0, "tiles are positive");
  static_assert(kTiles.RMS_D_SPLIT > 0, "a row is written by at least one task");
  const long slice = Blocks(a.D, kTiles.RMS_D_SPLIT);
  spmd(Blocks(a.T, kTiles.T_TILE) * kTiles.RMS_D_SPLIT, [&](long task) {
    const long t0 = task / kTiles.RMS_D_SPLIT * kTiles.T_TILE;
    const long d0 = task % kTiles.RMS_D_SPLIT * slice;
    if (d0 >= a.D) return;  // fewer columns than slices
    for (long t = t0; t < Clip(t0, kTiles.T_TILE, a.T); ++t) {
      rms_norm::NormToken<kTiles.D_TILE>(a, t, d0, Clip(d0, slice, a.D));
    }
  });
}

}  // namespace kernels
