// softmax_pool: the pooling of the compressors on its own (kernels.md §13.4, P9). Each window's
// columns are weighted by the softmax of their own scores over its slots, 8 or 128 in the model.
//
//   pooled[w,c] = Σ_s kv[w,s,c]·softmax_s(score[w,s,c])
//
// The slots of a column are never split, which would need a merge; columns are, and any split of
// them gives the same bits.
#pragma once

#include "kernels/simd/softmax_pool.h"
#include "kernels/simd/vec.h"
#include "kernels/spmd.h"

namespace kernels {

/// SLOTS is at least 1, and every column has a finite score; −inf counts nothing.
struct SoftmaxPoolArgs {
  const float* kv;     // [WINDOWS, SLOTS, HEAD_DIM]
  const float* score;  // [WINDOWS, SLOTS, HEAD_DIM]
  float* pooled;       // [WINDOWS, HEAD_DIM] out
  int WINDOWS;
  int SLOTS;
  int HEAD_DIM;
};

namespace softmax_pool {
inline namespace KERNELS_SIMD_ISA {

// The slots of one window.
struct Rows {
  const float* kv;
  const float* score;
  long stride;
  const float* Kv(long s) const { return kv + s * stride; }
  const float* Score(long s) const { return score + s * stride; }
};

}  // namespace KERNELS_SIMD_ISA
}  // namespace softmax_pool

/// kTiles: POOL_HEAD_TILE columns of a window per task, HEAD_TILE of them in registers at a time, a
/// multiple of 16. Both exact.
template <auto kTiles>
void SoftmaxPool(const SoftmaxPoolArgs& a) {
  static_assert(kTiles.POOL_HEAD_TILE > 0, "tiles are positive");
  const long blocks = Blocks(a.HEAD_DIM, kTiles.POOL_HEAD_TILE);
  spmd(a.WINDOWS * blocks, [&](long task) {
    const long window = task / blocks, c = task % blocks * kTiles.POOL_HEAD_TILE;
    const long at = window * a.SLOTS * a.HEAD_DIM;
    simd::SoftmaxPool<kTiles.HEAD_TILE>(softmax_pool::Rows{a.kv + at, a.score + at, a.HEAD_DIM},
                                        a.SLOTS, c, Clip(c, kTiles.POOL_HEAD_TILE, a.HEAD_DIM),
                                        a.pooled + window * a.HEAD_DIM);
  });
}

}  // namespace kernels
