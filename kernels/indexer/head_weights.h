// How much each head counts for a token: w = (x · weights_proj)·128^-½·64^-½ (kernels.md §1 and §2,
// "weights"). Tall and thin: 64 columns, so the inner dimension is what can be shared out. Its
// slices give partial sums of their own, which are added in ascending order: no atomics, and the
// same bits whoever computes them.
#pragma once

#include "kernels/indexer/pages.h"
#include "kernels/simd/float_matmul.h"
#include "kernels/spmd.h"

namespace kernels::indexer {

struct HeadWeights {
  const bf16* x;             // [T, D]
  const bf16* weights_proj;  // [D, 64]
  float* partials;           // scratch [slices, T, 64]
  float* weights;            // [T, 64] out
  long T;
  long D;
};

inline constexpr float kWeightsScale = 0.011048543456039806f;  // 2^-6.5

inline namespace KERNELS_SIMD_ISA {

/// Tasks of ComputePartials: slices × blocks of tokens.
template <int kSlices, int kRowTile>
long PartialTasks(const HeadWeights& m) {
  static_assert(kSlices > 0 && kRowTile > 0, "tiles are positive");
  return kSlices * Blocks(m.T, kRowTile);
}

/// One slice of D, in steps of kDTile, for kRowTile tokens.
template <int kSlices, int kRowTile, int kDTile>
void ComputePartials(const HeadWeights& m, long task) {
  static_assert(kDTile > 0, "tiles are positive");
  const long blocks = Blocks(m.T, kRowTile), slice = task / blocks;
  const long t0 = task % blocks * kRowTile;
  const long length = Blocks(m.D, kSlices), begin = slice * length;
  const long end = Clip(begin, length, m.D);
  const simd::FloatMatMul<bf16, bf16> matmul{
      m.x, m.D, m.weights_proj, kHeads, m.partials + slice * m.T * kHeads, kHeads};
  const simd::Range tokens{t0, Clip(t0, kRowTile, m.T)}, heads{0, kHeads};
  if (begin >= end) {  // D is shorter than there are slices
    for (long i = tokens.begin * kHeads; i < tokens.end * kHeads; ++i) matmul.y[i] = 0;
  }
  for (long k = begin; k < end; k += kDTile) {
    simd::MultiplyInputFirst(matmul, tokens, heads, {k, Clip(k, kDTile, end)}, k > begin);
  }
}

/// Adds the partial sums of token t and scales them.
template <int kSlices>
void AddPartials(const HeadWeights& m, long t) {
  simd::ForLanes(
      0, kHeads, [&](long h, int n) __attribute__((always_inline)) {
        simd::F32 sum = simd::Load(m.partials + t * kHeads + h, n);
        for (long slice = 1; slice < kSlices; ++slice) {
          sum = sum + simd::Load(m.partials + (slice * m.T + t) * kHeads + h, n);
        }
        simd::Store(m.weights + t * kHeads + h, sum * kWeightsScale, n);
      });
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace kernels::indexer
