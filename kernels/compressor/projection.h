// The first two stages of the decode compressors: kv and score of the new tokens, and their way
// into the state.
#pragma once

#include "kernels/compressor/addressing.h"
#include "kernels/simd/float_matmul.h"
#include "kernels/spmd.h"

namespace kernels::compressor {
inline namespace KERNELS_SIMD_ISA {

template <typename Args>
struct Weights {
  static constexpr bool kOutputFirst = false;  // [D, OUT]
};
template <typename Shape, typename Generation>
struct Weights<SlottedArgs<Shape, Generation>> {
  static constexpr bool kOutputFirst = true;  // [OUT, D]
};

template <>
struct Weights<Ratio128V0Args> {
  static constexpr bool kOutputFirst = true;
};

template <bool kOutputFirst>
void MultiplyBlock(const bf16* x, const bf16* w, float* y, long D, long OUT, simd::Range tokens,
                   simd::Range columns, simd::Range k) {
  const simd::FloatMatMul<bf16, bf16> matmul{x, D, w, kOutputFirst ? D : OUT, y, OUT};
  if constexpr (kOutputFirst) {
    simd::MultiplyOutputFirst(matmul, tokens, columns, k, k.begin > 0);
  } else {
    simd::MultiplyInputFirst(matmul, tokens, columns, k, k.begin > 0);
  }
}

/// kv_proj and score_proj: tasks of kTokens × kColumns, both products together, so that a task's
/// tokens are read once; kK steps of the inner dimension.
template <int kTokens, int kColumns, int kK, bool kOutputFirst, int kOut, typename Args>
void Project(const Args& a) {
  static_assert(kTokens > 0 && kColumns > 0 && kK > 0, "tiles are positive");
  const long tokens = long{a.B} * a.S;
  const long columns = Blocks(kOut, kColumns);
  spmd(Blocks(tokens, kTokens) * columns, [&](long task) {
    const long t0 = task / columns * kTokens, n0 = task % columns * kColumns;
    const simd::Range rows{t0, Clip(t0, kTokens, tokens)}, outs{n0, Clip(n0, kColumns, kOut)};
    for (long k0 = 0; k0 < a.D; k0 += kK) {
      const simd::Range k{k0, Clip(k0, kK, a.D)};
      MultiplyBlock<kOutputFirst>(a.x, a.wkv, a.kv_proj, a.D, kOut, rows, outs, k);
      MultiplyBlock<kOutputFirst>(a.x, a.wgate, a.score_proj, a.D, kOut, rows, outs, k);
    }
  });
}

/// Token s of batch b into its row of the state, if it has one: kv, and score + ape.
template <typename Shape, typename Args>
void ScatterToken(const Args& a, long b, long s) {
  constexpr long kOut = kOutDim<Shape>;
  const StateRow row = TokenRow(a, b, s);
  if (row.kv == nullptr) return;
  const float* kv = a.kv_proj + (b * a.S + s) * kOut;
  const float* score = a.score_proj + (b * a.S + s) * kOut;
  const float* ape = a.ape + Position(a, b, s) % Shape::kRatio * kOut;
  simd::ForLanes(
      0, kOut, [&](long i, int n) __attribute__((always_inline)) {
        simd::Store(row.kv + i, simd::Load(kv + i, n), n);
        simd::Store(row.score + i, simd::Load(score + i, n) + simd::Load(ape + i, n), n);
      });
}

/// Which token of the step ends a window; -1 when none does.
template <typename Shape, typename Args>
long Boundary(const Args& a, long b) {
  const long s = Shape::kRatio - 1 - Position(a, b, 0) % Shape::kRatio;
  return s < a.S ? s : -1;
}

/// Tokens that are stored before pooling. Without overlap those after the boundary wait: by then
/// their pages may be the ones that the window leaves.
template <typename Shape, typename Args>
long TokensBeforePooling(const Args& a, long b) {
  const long boundary = Boundary<Shape>(a, b);
  return Shape::kOverlap || boundary < 0 ? a.S : boundary + 1;
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace kernels::compressor
