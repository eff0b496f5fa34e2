// hadamard: rows times a dense [N, N] matrix on its own (kernels.md §13.3, P8), N = 128 for the
// indexer, 512 for the V0 compressor.
//
//   y = bf16(x)·H, rounded to nearest even first, summed in FP32
//
// H is whatever the operand holds: tests of the originals pass random matrices under this name, so
// no fast transform may be assumed.
#pragma once

#include "kernels/simd/float_matmul.h"
#include "kernels/simd/vec.h"
#include "kernels/spmd.h"

namespace kernels {

struct HadamardArgs {
  const float* x;        // [ROWS, N]
  const bf16* hadamard;  // [N, N], input first
  float* y;              // [ROWS, N] out
  bf16* rounded;         // scratch [ROWS, N]
  int ROWS;
  int N;
};

/// kTiles: QH_MM_TILE rows per task; per step HEAD_DIM_TILE columns and QH_HEAD_DIM_TILE of the inner
/// dimension. All exact: a further inner step continues each element's own chain of sums.
template <auto kTiles>
void Hadamard(const HadamardArgs& a) {
  static_assert(kTiles.QH_MM_TILE > 0 && kTiles.HEAD_DIM_TILE > 0 && kTiles.QH_HEAD_DIM_TILE > 0,
                "tiles are positive");
  const long N = a.N;
  const simd::FloatMatMul<bf16, bf16> product{a.rounded, N, a.hadamard, N, a.y, N};
  spmd(Blocks(a.ROWS, kTiles.QH_MM_TILE), [&](long task) {
    const long begin = task * kTiles.QH_MM_TILE;
    const simd::Range rows{begin, Clip(begin, kTiles.QH_MM_TILE, a.ROWS)};
    simd::ForLanes(
        rows.begin * N, rows.end * N, [&](long i, int n) __attribute__((always_inline)) {
          simd::Store(a.rounded + i, simd::Load(a.x + i, n), n);
        });
    for (long c = 0; c < N; c += kTiles.HEAD_DIM_TILE) {
      const simd::Range columns{c, Clip(c, kTiles.HEAD_DIM_TILE, N)};
      for (long k = 0; k < N; k += kTiles.QH_HEAD_DIM_TILE) {
        const simd::Range step{k, Clip(k, kTiles.QH_HEAD_DIM_TILE, N)};
        simd::MultiplyInputFirst(product, rows, columns, step, k > 0);
      }
    }
  });
}

}  // namespace kernels
