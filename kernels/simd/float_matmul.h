// Products of float or bf16 activations with float or bf16 weights, accumulated in FP32, for a block
// of tokens × columns × inner dimension. Whatever the block of tokens and columns, an output has the
// same bits: only where the inner dimension is cut (K tiles, split-K) changes them.
#pragma once

#include "kernels/simd/vec.h"

namespace kernels::simd {

struct Range {
  long begin;
  long end;
};

/// y[t·y_stride + n] = Σ_k x[t·x_stride + k] · W(k, n). W is [N, K] (MultiplyOutputFirst: at
/// n·w_stride + k) or [K, N] (MultiplyInputFirst: at k·w_stride + n).
template <typename X, typename W>
struct FloatMatMul {
  const X* x;
  long x_stride;
  const W* w;
  long w_stride;
  float* y;
  long y_stride;
};

inline namespace KERNELS_SIMD_ISA {
namespace internal {

inline float Widen(float v) { return v; }
inline float Widen(bf16 v) { return __builtin_bit_cast(float, unsigned{v.bits} << 16); }

// kTokens × kColumns dot products along k, each in the lanes of its own register. The first tile of
// a block of columns meets cold weights; it brings the next block's near.
template <int kTokens, int kColumns, bool kPrefetch, typename X, typename W>
[[gnu::always_inline]] inline void DotTile(const FloatMatMul<X, W>& m, long t, long n, Range k,
                                           bool add) {
  F32 sums[kTokens][kColumns] = {};
  ForLanes(
      k.begin, k.end, [&](long i, int lanes) __attribute__((always_inline)) {
        F32 w[kColumns];
        for (int c = 0; c < kColumns; ++c) {
          const W* from = m.w + (n + c) * m.w_stride + i;
          w[c] = Load(from, lanes);
          if constexpr (kPrefetch) __builtin_prefetch(from + kColumns * m.w_stride, 0, 2);
        }
        for (int r = 0; r < kTokens; ++r) {
          const F32 x = Load(m.x + (t + r) * m.x_stride + i, lanes);
          for (int c = 0; c < kColumns; ++c) sums[r][c] = Fma(x, w[c], sums[r][c]);
        }
      });
  for (int r = 0; r < kTokens; ++r) {
    for (int c = 0; c < kColumns; ++c) {
      float& y = m.y[(t + r) * m.y_stride + n + c];
      y = add ? y + SumLanes(sums[r][c]) : SumLanes(sums[r][c]);
    }
  }
}

// Rows of x times all k for kColumns weight rows, which stay in L1 between the tokens.
template <int kColumns, typename X, typename W>
void DotTokens(const FloatMatMul<X, W>& m, Range tokens, long n, Range k, bool add) {
  long t = tokens.begin;
  if (t + 4 <= tokens.end) {
    DotTile<4, kColumns, true>(m, t, n, k, add);
    t += 4;
  }
  for (; t + 4 <= tokens.end; t += 4) DotTile<4, kColumns, false>(m, t, n, k, add);
  for (; t < tokens.end; ++t) DotTile<1, kColumns, false>(m, t, n, k, add);
}

// Weight rows of [K, N] at a time: a block of columns of them stays in L1. Rows lie on as many pages,
// where no hardware prefetcher follows, so the same line of the next rows is asked for meanwhile.
inline constexpr long kChainRows = 64;

// kTokens × kVectors registers of outputs; every output is one chain over ascending k. `lanes` is
// kLanes, or what is left of the last vector when kVectors is 1.
template <int kTokens, int kVectors, typename X, typename W>
[[gnu::always_inline]] inline void ChainTile(const FloatMatMul<X, W>& m, long t, long n, int lanes,
                                             Range k, bool add) {
  F32 sums[kTokens][kVectors] = {};
  if (add) {
    for (int r = 0; r < kTokens; ++r) {
      for (int v = 0; v < kVectors; ++v) {
        sums[r][v] = Load(m.y + (t + r) * m.y_stride + n + v * kLanes, lanes);
      }
    }
  }
  for (long i = k.begin; i < k.end; ++i) {
    F32 w[kVectors];
    const W* row = m.w + i * m.w_stride + n;
    for (int v = 0; v < kVectors; ++v) w[v] = Load(row + v * kLanes, lanes);
    __builtin_prefetch(row + kChainRows * m.w_stride, 0, 2);
    for (int r = 0; r < kTokens; ++r) {
      const F32 x = F32{} + Widen(m.x[(t + r) * m.x_stride + i]);
      for (int v = 0; v < kVectors; ++v) sums[r][v] = Fma(x, w[v], sums[r][v]);
    }
  }
  for (int r = 0; r < kTokens; ++r) {
    for (int v = 0; v < kVectors; ++v) {
      Store(m.y + (t + r) * m.y_stride + n + v * kLanes, sums[r][v], lanes);
    }
  }
}

template <int kVectors, typename X, typename W>
void ChainTokens(const FloatMatMul<X, W>& m, Range tokens, long n, int lanes, Range k, bool add) {
  long t = tokens.begin;
  for (; t + 8 <= tokens.end; t += 8) ChainTile<8, kVectors>(m, t, n, lanes, k, add);
  for (; t < tokens.end; ++t) ChainTile<1, kVectors>(m, t, n, lanes, k, add);
}

}  // namespace internal

/// W is [N, K]. Overwrites y, or adds to it: the next K tile. Calls for disjoint tokens or columns
/// may run at the same time.
template <typename X, typename W>
void MultiplyOutputFirst(const FloatMatMul<X, W>& m, Range tokens, Range columns, Range k,
                         bool add) {
  long n = columns.begin;
  for (; n + 4 <= columns.end; n += 4) internal::DotTokens<4>(m, tokens, n, k, add);
  for (; n < columns.end; ++n) internal::DotTokens<1>(m, tokens, n, k, add);
}

/// W is [K, N]; likewise. Adding continues each output's chain, so that K tiles don't change its
/// bits; separate partial sums do.
template <typename X, typename W>
void MultiplyInputFirst(const FloatMatMul<X, W>& m, Range tokens, Range columns, Range k,
                        bool add) {
  for (long begin = k.begin; begin < k.end; begin += internal::kChainRows) {
    const Range rows{begin, Clip(begin, internal::kChainRows, k.end)};
    const bool more = add || begin > k.begin;
    long n = columns.begin;
    for (; n + 2 * kLanes <= columns.end; n += 2 * kLanes) {
      internal::ChainTokens<2>(m, tokens, n, kLanes, rows, more);
    }
    for (; n < columns.end; n += kLanes) {
      const int lanes = static_cast<int>(Clip(n, kLanes, columns.end) - n);
      internal::ChainTokens<1>(m, tokens, n, lanes, rows, more);
    }
  }
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace kernels::simd
