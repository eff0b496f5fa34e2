// int8 tokens times an int8 weight whose rows are the inputs ([K, N], as wq_b is stored), in int32,
// which is exact: whatever the tiles, the result is the same.
//
//   sums[T, N] = codes[T, K] · weights[K, N]
//
// Sums come in the blocks of int8_matmul.h: 8 tokens × 16 columns, see SumsAt.
//
// One call computes a block of columns for all tokens, 64 columns at a time: a strip of them is
// packed for the dot instruction in a buffer that L1 holds, and all tokens pass it. Meanwhile the
// strip that comes next is prefetched: its rows are N bytes apart, on as many pages, where no
// hardware prefetcher follows.
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

// Tokens [t0, t1) times the columns [n0, n1), rows [k0, k1); `after` begins the rows that the
// caller reads next.
template <int kKTile>
inline void TokensTimesColumns(const Int8MatMulKN& m, long t0, long t1, long n0, long n1, long k0,
                               const signed char* after) {
  const long k = Clip(k0, kKTile, m.K) - k0;
  int offsets[kStripTokens];
  if constexpr (Columns::kOffset != 0) {
    for (long t = t0; t < Blocks(t1, kPanelTokens) * kPanelTokens; ++t) {
      offsets[t - t0] = Columns::kOffset * Sum(m.codes + Clip(t, 0, m.T - 1) * m.K + k0, k);
    }
  } else {
    for (int& offset : offsets) offset = 0;
  }
  alignas(64) signed char strip[Columns::StripBytes(kKTile)];
  for (long n = n0; n < n1; n += kStrip) {
    const signed char* weights = m.weights + k0 * m.N + n;
    const int columns = static_cast<int>(Clip(n, kStrip, n1) - n);
    const int blocks = static_cast<int>(Blocks(columns, kDotRows));
    Columns::Pack(weights, m.N, k, columns, strip);
    const StripAhead ahead{n + kStrip < n1 ? weights + kStrip : after, m.N};
    for (long t = t0; t < t1; t += kPanelTokens) {
      alignas(64) StripSums sums;
      const TokenRows tokens = RowsOf(m, t, k0);
      if (t == t0) {
        Columns::Run<true>(strip, tokens, k, ahead, sums);
      } else {
        Columns::Run<false>(strip, tokens, k, ahead, sums);
      }
      AddStrip(sums, offsets + (t - t0), blocks, k0 == 0, SumsAt(m.sums, t, n, m.N));
    }
  }
}

}  // namespace internal

/// All tokens times the columns [n0, n0 + kColumns), clipped to N, in K tiles of kKTile rows; n0 is
/// a multiple of kDotRows. Calls for disjoint columns may run at the same time.
template <int kColumns, int kKTile>
void MatMulColumns(const Int8MatMulKN& m, long n0) {
  static_assert(kColumns > 0 && kColumns % kDotRows == 0, "columns come in blocks of sums");
  static_assert(kKTile > 0 && kKTile % Columns::kDepth == 0, "a K tile is a number of dot steps");
  const long n1 = Clip(n0, kColumns, m.N);
  for (long t0 = 0; t0 < m.T; t0 += internal::kStripTokens) {
    const long t1 = Clip(t0, internal::kStripTokens, m.T);
    for (long k0 = 0; k0 < m.K; k0 += kKTile) {
      // After the last strip come the further rows of the first, else the columns behind, as a
      // thread's tasks are consecutive. Past the end they are prefetched in vain, which is
      // harmless.
      const signed char* after =
          k0 + kKTile < m.K ? m.weights + (k0 + kKTile) * m.N + n0 : m.weights + n1;
      internal::TokensTimesColumns<kKTile>(m, t0, t1, n0, n1, k0, after);
    }
  }
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace kernels::simd
