// quantise_rows: FP32 rows to INT8 codes with a scale each (kernels.md §13.5; P2). With the input
// dimension last, it is also P3, a weight by output channel: no code exceeds ±127.
//
//   amax = max(max|v|, 1e-4), s = 127 / amax, codes = rint(v·s), scale = 1 / s
//
// Both tiles are exact: the largest of a row does not depend on the order.
#pragma once

#include "kernels/simd/quantise.h"
#include "kernels/spmd.h"

namespace kernels {

struct QuantiseRowsArgs {
  const float* v;      // [T, N] finite
  signed char* codes;  // [T, N] out
  float* scale;        // [T, 1] out: v ≈ codes · scale
  int T;
  int N;
};

namespace quantise_rows {
inline namespace KERNELS_SIMD_ISA {

template <int kTile>
void Row(const QuantiseRowsArgs& a, long t) {
  const float* v = a.v + t * a.N;
  simd::F32 largest = simd::LeastAmax();
  for (long i = 0; i < a.N; i += kTile) {
    largest = simd::AbsMax(v, i, Clip(i, kTile, a.N), largest);
  }
  const float scale = 127.0f / simd::MaxLane(largest);
  for (long i = 0; i < a.N; i += kTile) {
    simd::QuantiseColumns(v, i, Clip(i, kTile, a.N), scale, a.codes + t * a.N);
  }
  a.scale[t] = 1.0f / scale;
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace quantise_rows

/// kTiles: T_TILE rows per task, QUANT_TILE columns per step of either pass.
template <auto kTiles>
void QuantiseRows(const QuantiseRowsArgs& a) {
  static_assert(kTiles.T_TILE > 0 && kTiles.QUANT_TILE > 0, "tiles are positive");
  spmd(Blocks(a.T, kTiles.T_TILE), [&](long task) {
    const long end = Clip(task * kTiles.T_TILE, kTiles.T_TILE, a.T);
    for (long t = task * kTiles.T_TILE; t < end; ++t) {
      quantise_rows::Row<kTiles.QUANT_TILE>(a, t);
    }
  });
}

}  // namespace kernels
