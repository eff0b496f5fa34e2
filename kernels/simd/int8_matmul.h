// Panels of int8 tokens times a K-contiguous int8 weight, in int32, which is exact: whatever the
// tiles, the result is the same.
//
//   sums[T, N] = codes[T, K] · weights[N, K]^T
//
// Sums come in blocks of 8 tokens × 16 rows, as they are made: an N-wide row-major result would be
// touched in eight pages at a time.
//
// One call computes a block of weight rows for all tokens: K in steps of a tile, so that the
// block's slice of weights stays in L2 while the tokens' panels pass, eight tokens at a time, each
// panel slice in L1. Meanwhile what comes next is prefetched: a weight comes from memory once, and
// memory never rests.
#pragma once

#include "kernels/simd/int8_dot.h"

namespace kernels::simd {
inline namespace KERNELS_SIMD_ISA {

struct Int8MatMul {
  const unsigned char* panels;  // [⌈T/8⌉][⌈K/64⌉][8][64], see PanelAt
  const signed char* weights;   // [N, K]
  int* sums;                    // [⌈T/8⌉][⌈N/16⌉][8][16], see SumsAt
  long T;
  long N;
  long K;
  long stride = 0;  // from weight row to weight row; 0: K

  long Stride() const { return stride == 0 ? K : stride; }
};

/// Bytes that the panels of [T, K] codes take.
constexpr long PanelBytes(long T, long K) {
  return Blocks(T, kPanelTokens) * Blocks(K, kPanelBytes) * kPanelTokens * kPanelBytes;
}

/// Where the codes of `token` from the k-th on lie, to the end of their step.
inline unsigned char* PanelAt(unsigned char* panels, long token, long k, long K) {
  const long step = token / kPanelTokens * Blocks(K, kPanelBytes) + k / kPanelBytes;
  return panels + (step * kPanelTokens + token % kPanelTokens) * kPanelBytes + k % kPanelBytes;
}

/// The first address in `memory` that a panel step may lie at without straddling cache lines; ask
/// for kPanelBytes − 1 bytes more than PanelBytes().
inline unsigned char* AlignPanels(unsigned char* memory) {
  const unsigned long address = reinterpret_cast<unsigned long>(memory);
  return memory + (kPanelBytes - address % kPanelBytes) % kPanelBytes;
}

/// Elements that the sums of [T, N] take.
constexpr long SumsSize(long T, long N) {
  return Blocks(T, kPanelTokens) * Blocks(N, kDotRows) * kPanelTokens * kDotRows;
}

/// Where the sums of `token` with the n-th row and those after it lie, to the end of their block.
/// Rows and tokens past the last hold anything.
template <typename Int>
Int* SumsAt(Int* sums, long token, long n, long N) {
  const long block = token / kPanelTokens * Blocks(N, kDotRows) + n / kDotRows;
  return sums + (block * kPanelTokens + token % kPanelTokens) * kDotRows + n % kDotRows;
}

namespace internal {

// The first K tile begins the sums, further ones add to them.
inline void Accumulate(const int (*from)[kDotRows], int* to, bool begin) {
  for (int token = 0; token < kPanelTokens; ++token, to += kDotRows) {
    for (int row = 0; row < kDotRows; ++row) {
      to[row] = begin ? from[token][row] : to[row] + from[token][row];
    }
  }
}

// Weight rows [n0, n1) × bytes [k0, k1), and where the slice that follows it begins.
struct Slice {
  long n0, n1, k0, k1;
  const signed char* next;
};

// What to prefetch beside the block of rows at n. The first panel, which may meet cold weights,
// runs one block ahead of itself; the others share the next slice among them.
template <bool kFirst>
inline void Prefetch(const Int8MatMul& m, long token, long n, const Slice& slice, DotBlock* block) {
  if constexpr (kFirst) {
    const bool last = n + kDotRows >= slice.n1;
    block->next = last ? slice.next : block->weights + kDotRows * m.Stride();
    block->next_step = kPanelBytes;
  } else {
    const long others = Blocks(m.T, kPanelTokens) - 1;
    const long share = Blocks(kPanelBytes, others);  // of a row, per step
    const long steps = Blocks(slice.k1 - slice.k0, kPanelBytes);
    block->next =
        slice.next + (n - slice.n0) * m.Stride() + (token / kPanelTokens - 1) * share * steps;
    block->next_step = share;
  }
}

// One panel of tokens times a slice.
template <bool kFirst>
inline void PanelTimesSlice(const Int8MatMul& m, long token, const Slice& slice, int* row_sums) {
  const unsigned char* panel = PanelAt(const_cast<unsigned char*>(m.panels), token, slice.k0, m.K);
  alignas(64) int sums[kPanelTokens][kDotRows];
  for (long n = slice.n0; n < slice.n1; n += kDotRows) {
    DotBlock block{.panel = panel,
                   .weights = m.weights + n * m.Stride() + slice.k0,
                   .stride = m.Stride(),
                   .rows = static_cast<int>(Clip(n, kDotRows, slice.n1) - n),
                   .k = slice.k1 - slice.k0};
    Prefetch<kFirst>(m, token, n, slice, &block);
    Dot::Run<kFirst>(block, sums, row_sums + (n - slice.n0));
    Accumulate(sums, SumsAt(m.sums, token, n, m.N), slice.k0 == 0);
  }
}

}  // namespace internal

/// All tokens times weight rows [n0, n0 + kRows), clipped to N, in K tiles of kKTile bytes; n0 is a
/// multiple of kDotRows. Calls for disjoint rows may run at the same time. `following` is where the
/// caller will read weights next, when that is not in the rows after these.
template <int kRows, int kKTile>
void MatMulRows(const Int8MatMul& m, long n0, const signed char* following = nullptr) {
  static_assert(kRows > 0 && kRows % kDotRows == 0, "a block of rows is a number of dot blocks");
  static_assert(kKTile > 0 && kKTile % kPanelBytes == 0, "a K tile is a number of panel steps");
  int row_sums[kRows];
  const long n1 = Clip(n0, kRows, m.N);
  if (following == nullptr) following = m.weights + n1 * m.K;
  for (long k0 = 0; k0 < m.K; k0 += kKTile) {
    const long k1 = Clip(k0, kKTile, m.K);
    // The slice that comes next is further along these rows, else of the rows after them, as a
    // thread's tasks are consecutive. Past the end it is prefetched in vain, which is harmless.
    const signed char* next = m.weights + (k1 < m.K ? n0 * m.Stride() + k1 : n1 * m.Stride());
    const internal::Slice slice{n0, n1, k0, k1, next};
    internal::PanelTimesSlice<true>(m, 0, slice, row_sums);
    for (long token = kPanelTokens; token < m.T; token += kPanelTokens) {
      internal::PanelTimesSlice<false>(m, token, slice, row_sums);
    }
  }
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace kernels::simd
