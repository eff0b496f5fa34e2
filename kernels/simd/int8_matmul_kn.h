// int8 tokens times an int8 weight whose rows are the inputs ([K, N], as wq_b is stored), in int32,
// which is exact: whatever the tiles, the result is the same.
//
//   sums[T, N] = codes[T, K] · weights[K, N]
//
// Sums come in the blocks of int8_matmul.h: 8 tokens × 16 columns, see SumsAt.
//
// One call computes a block of columns for all tokens, in groups of up to 512: a group is packed for
// the dot instruction row by row, as rows are N bytes apart and each is a page of its own, where
// neither the TLB nor a prefetcher forgives single lines; then all tokens pass its strips, and
// meanwhile the group that comes next is prefetched.
#pragma once

#include "kernels/simd/int8_columns.h"
#include "kernels/simd/int8_matmul.h"

namespace kernels::simd {
inline namespace KERNELS_SIMD_ISA {

struct Int8MatMulKN {
  const signed char* codes;    // [T, K]
  const signed char* weights;  // [K, N]
  int* sums;                   // [⌈T/8⌉][⌈N/16⌉][8][16], see SumsAt
  long T;
  long N;
  long K;
};

namespace internal {

// Tokens that share a packed strip; their sums of codes are kept meanwhile.
inline constexpr int kStripTokens = 512;

// Tokens past the last are the last one again: computed, and dropped.
inline TokenRows RowsOf(const Int8MatMulKN& m, long token, long k) {
  TokenRows tokens;
  for (long i = 0; i < kPanelTokens; ++i) {
    tokens.row[i] = m.codes + Clip(token, i, m.T - 1) * m.K + k;
  }
  return tokens;
}

[[gnu::noinline]] inline int Sum(const signed char* codes, long n) {
  int sum = 0;
  for (long i = 0; i < n; ++i) sum += codes[i];
  return sum;
}

// The first K tile begins the sums, further ones add to them.
inline void AddStrip(const StripSums& from, const int* offsets, int blocks, bool begin, int* to) {
  for (int block = 0; block < blocks; ++block) {
    for (int token = 0; token < kPanelTokens; ++token, to += kDotRows) {
      for (int i = 0; i < kDotRows; ++i) {
        to[i] = (begin ? 0 : to[i]) + (from[block][token][i] - offsets[token]);
      }
    }
  }
}

// What each token's sums of [k0, k0 + k) exceed the product by.
inline void Offsets(const Int8MatMulKN& m, long t0, long t1, long k0, long k, int* offsets) {
  for (long t = t0; t < Blocks(t1, kPanelTokens) * kPanelTokens; ++t) {
    const signed char* codes = m.codes + Clip(t, 0, m.T - 1) * m.K + k0;
    offsets[t - t0] = Columns::kOffset == 0 ? 0 : Columns::kOffset * Sum(codes, k);
  }
}

// Rows [k0, k0 + k) of the weight for tokens [t0, t1).
struct KSlice {
  long t0, t1, k0, k;
  const int* offsets;
};

// The slice times the columns [n0, n1), packed in `strips`.
inline void TokensTimesGroup(const Int8MatMulKN& m, const KSlice& slice, long n0, long n1,
                             const signed char* strips, RowsAhead& ahead) {
  for (long t = slice.t0; t < slice.t1; t += kPanelTokens) {
    const TokenRows tokens = RowsOf(m, t, slice.k0);
    const signed char* strip = strips;
    for (long n = n0; n < n1; n += kStrip, strip += Columns::StripBytes(slice.k)) {
      alignas(64) StripSums sums;
      if (t == slice.t0) {
        Columns::Run<true>(strip, tokens, slice.k, ahead, sums);
      } else {
        Columns::Run<false>(strip, tokens, slice.k, ahead, sums);
      }
      const int blocks = static_cast<int>(Blocks(Clip(n, kStrip, n1) - n, kDotRows));
      AddStrip(sums, slice.offsets + (t - slice.t0), blocks, slice.k0 == 0,
               SumsAt(m.sums, t, n, m.N));
    }
  }
}

// Row steps outside, strips inside, so that what lies together is read together.
inline void PackGroup(const Int8MatMulKN& m, const KSlice& slice, long n0, long n1,
                      signed char* strips) {
  for (long k = 0; k < slice.k; k += Columns::kDepth) {
    const signed char* row = m.weights + (slice.k0 + k) * m.N;
    const long rows = Clip(k, Columns::kDepth, slice.k) - k;
    signed char* to = strips + k * kStrip;
    for (long n = n0; n < n1; n += kStrip, to += Columns::StripBytes(slice.k)) {
      Columns::Pack(row + n, m.N, rows, static_cast<int>(Clip(n, kStrip, n1) - n), to);
    }
  }
}

}  // namespace internal

/// All tokens times the columns [n0, n0 + kColumns), clipped to N, in K tiles of kKTile rows; n0 is
/// a multiple of kDotRows. Calls for disjoint columns may run at the same time. Takes up to
/// 512 · kKTile bytes of stack.
template <int kColumns, int kKTile>
void MatMulColumns(const Int8MatMulKN& m, long n0) {
  static_assert(kColumns > 0 && kColumns % kDotRows == 0, "columns come in blocks of sums");
  static_assert(kKTile > 0 && kKTile % Columns::kDepth == 0, "a K tile is a number of dot steps");
  constexpr long kGroup = Clip(0, kColumns, 8 * kStrip);
  alignas(64) signed char strips[Blocks(kGroup, kStrip) * Columns::StripBytes(kKTile)];
  int offsets[internal::kStripTokens];
  const long end = Clip(n0, kColumns, m.N);
  for (long t0 = 0; t0 < m.T; t0 += internal::kStripTokens) {
    const long t1 = Clip(t0, internal::kStripTokens, m.T);
    for (long k0 = 0; k0 < m.K; k0 += kKTile) {
      const internal::KSlice slice{t0, t1, k0, Clip(k0, kKTile, m.K) - k0, offsets};
      internal::Offsets(m, t0, t1, k0, slice.k, offsets);
      for (long n = n0; n < end; n += kGroup) {
        const long n1 = Clip(n, kGroup, end);
        internal::PackGroup(m, slice, n, n1, strips);
        // After the last group come the further rows of the first, else the columns behind, as a
        // thread's tasks are consecutive. Past the end they are prefetched in vain, which is
        // harmless.
        const signed char* after = n1 < end            ? m.weights + k0 * m.N + n1
                                   : k0 + kKTile < m.K ? m.weights + (k0 + kKTile) * m.N + n0
                                                       : m.weights + end;
        RowsAhead ahead(after, kGroup, m.N);
        internal::TokensTimesGroup(m, slice, n, n1, strips, ahead);
      }
    }
  }
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace kernels::simd
