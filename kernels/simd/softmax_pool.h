// Softmax pooling (kernels.md §13.4, P9): each column of a window is weighted by the softmax of its
// own scores.
//
//   pooled[c] = Σ_s kv[s,c]·e^(score[s,c] − m_c) / Σ_s e^(score[s,c] − m_c),  m_c = max_s score[s,c]
//
// In two passes: the online form takes two exponentials per element instead of one and lets their
// errors accumulate. Columns never meet, so any blocking of them gives the same bits.
#pragma once

#include "kernels/simd/exp.h"
#include "kernels/simd/vec.h"

namespace kernels::simd {
inline namespace KERNELS_SIMD_ISA {

namespace internal {

// kVectors vectors from column c on; the last has n lanes.
template <int kVectors, typename Rows>
[[gnu::always_inline]] inline void PoolStrip(const Rows& rows, long slots, long c, int n,
                                             float* pooled) {
  F32 largest[kVectors], sum[kVectors] = {}, weighted[kVectors] = {};
  for (int v = 0; v < kVectors; ++v) largest[v] = Load(rows.Score(0) + c + v * kLanes, n);
  for (long s = 1; s < slots; ++s) {
    for (int v = 0; v < kVectors; ++v) {
      largest[v] = Max(largest[v], Load(rows.Score(s) + c + v * kLanes, n));
    }
  }
  for (long s = 0; s < slots; ++s) {
    for (int v = 0; v < kVectors; ++v) {
      const F32 weight = Exp(Load(rows.Score(s) + c + v * kLanes, n) - largest[v]);
      sum[v] = sum[v] + weight;
      weighted[v] = weighted[v] + weight * Load(rows.Kv(s) + c + v * kLanes, n);
    }
  }
  for (int v = 0; v < kVectors; ++v) Store(pooled + c + v * kLanes, weighted[v] / sum[v], n);
}

}  // namespace internal

/// Columns [begin, end) of a window with at least one slot, kColumns of them in registers at a
/// time. rows.Kv(s) and rows.Score(s) are slot s's rows from column 0 on. In every column one score
/// at least is finite; −inf counts nothing.
template <int kColumns, typename Rows>
void SoftmaxPool(const Rows& rows, long slots, long begin, long end, float* pooled) {
  static_assert(kColumns > 0 && kColumns % kLanes == 0, "columns fill vectors");
  long c = begin;
  for (; c + kColumns <= end; c += kColumns) {
    internal::PoolStrip<kColumns / kLanes>(rows, slots, c, kLanes, pooled);
  }
  ForLanes(
      c, end, [&](long i, int n) __attribute__((always_inline)) {
        internal::PoolStrip<1>(rows, slots, i, n, pooled);
      });
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace kernels::simd
