// rope: RoPE on its own (kernels.md §13.2, P6). Every head of a token is turned by the token's
// angles.
//
//   y[2i] = x[2i]·c_i − x[2i+1]·s_i,  y[2i+1] = x[2i]·s_i + x[2i+1]·c_i
//
// All in FP32; the swap form that computes it has the same bits (kernels/simd/rotate_pairs.h).
#pragma once

#include "kernels/simd/rotate_pairs.h"
#include "kernels/simd/vec.h"
#include "kernels/spmd.h"

namespace kernels {

inline constexpr int kRopePairs = 32;

struct RopeArgs {
  const float* x;    // [T, H, 64]
  const float* cos;  // [T, 32]
  const float* sin;  // [T, 32]
  float* y;          // [T, H, 64] out
  int T;
  int H;
};

/// kTiles: ROPE_ROW_TILE rows (token, head) per task, ROPE_CHUNK columns per step, even. Both exact:
/// a task may begin in one token and end in another.
template <auto kTiles>
void Rope(const RopeArgs& a) {
  static_assert(kTiles.ROPE_ROW_TILE > 0, "tiles are positive");
  static_assert(kTiles.ROPE_CHUNK > 0 && kTiles.ROPE_CHUNK % 2 == 0, "steps are whole pairs");
  constexpr long kDim = 2 * kRopePairs;
  const long rows = long{a.T} * a.H;
  spmd(Blocks(rows, kTiles.ROPE_ROW_TILE), [&](long task) {
    const long begin = task * kTiles.ROPE_ROW_TILE;
    simd::PairAngles<kRopePairs> angles;
    for (long row = begin; row < Clip(begin, kTiles.ROPE_ROW_TILE, rows); ++row) {
      if (row == begin || row % a.H == 0) {
        const long entry = row / a.H * kRopePairs;
        simd::InterleaveAngles(a.cos + entry, a.sin + entry, &angles);
      }
      for (long c = 0; c < kDim; c += kTiles.ROPE_CHUNK) {
        simd::RotatePairs(a.x + row * kDim, angles, c, Clip(c, kTiles.ROPE_CHUNK, kDim),
                          a.y + row * kDim);
      }
    }
  });
}

}  // namespace kernels
