// Dot products of bf16 rows with bf16 rows, given by pointers, in FP32: a register tile of
// kDotTokens × kDotColumns of them at a time. Its sums are reduced together, by a tree that is the
// same for each of them: a dot product has the same bits wherever it lies in the tile.
#pragma once

#include "kernels/simd/bf16_pairs.h"

namespace kernels::simd {
inline namespace KERNELS_SIMD_ISA {

/// As many sums as a vector has lanes.
inline constexpr int kDotTokens = kLanes == 4 ? 2 : 4;
inline constexpr int kDotColumns = kLanes / kDotTokens;

namespace internal {

template <typename Int, Int... i>
struct Sequence {};
template <int n>
struct Count {
#if defined(__clang__)
  using Type = __make_integer_seq<Sequence, int, n>;
#else
  using Type = Sequence<int, __integer_pack(n)...>;
#endif
};
using Lanes = Count<kLanes>::Type;

// Lane i: of a where bit `step` of i is clear, of b where it is set, the sum of lanes i and i^step.
template <int step, int... i>
[[gnu::always_inline]] inline F32 AddLanes(F32 a, F32 b, Sequence<int, i...>) {
  return __builtin_shufflevector(a, b, ((i & step) ? kLanes + i : i)...) +
         __builtin_shufflevector(a, b, ((i & step) ? kLanes + (i ^ step) : (i ^ step))...);
}

// Halves the vectors until one is left, whose lane i is the sum of v[i]'s lanes.
template <int step>
[[gnu::always_inline]] inline F32 ReduceFrom(F32* v) {
  if constexpr (step == kLanes) {
    return v[0];
  } else {
    for (int i = 0; i < kLanes / step; i += 2) v[i / 2] = AddLanes<step>(v[i], v[i + 1], Lanes{});
    return ReduceFrom<2 * step>(v);
  }
}

}  // namespace internal

/// Lane t·kDotColumns + c: Σ_i x[t][i]·w[c][i] over i in [begin, end), a multiple of kPairLanes.
[[gnu::always_inline]] inline F32 Dots(const bf16* const* x, const bf16* const* w, long begin,
                                       long end) {
  F32 sums[kLanes] = {};
  for (long i = begin; i < end; i += kPairLanes) {
    Pair columns[kDotColumns];
#pragma GCC unroll 8
    for (int c = 0; c < kDotColumns; ++c) columns[c] = LoadPair(w[c] + i);
#pragma GCC unroll 8
    for (int t = 0; t < kDotTokens; ++t) {
      const Pair token = LoadPair(x[t] + i);
#pragma GCC unroll 8
      for (int c = 0; c < kDotColumns; ++c) {
        F32& sum = sums[t * kDotColumns + c];
        sum = Fma(token.odd, columns[c].odd, Fma(token.even, columns[c].even, sum));
      }
    }
  }
  return internal::ReduceFrom<1>(sums);
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace kernels::simd
