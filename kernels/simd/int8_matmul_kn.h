// int8 tokens times an int8 weight whose rows are the inputs ([K, N], as wq_b is stored), in int32,
// which is exact: whatever the tiles, the result is the same.
//
//   sums[T, N] = codes[T, K] · weights[K, N]
//
// Sums come in the blocks of int8_matmul.h: 8 tokens × 16 columns, see SumsAt.
//
// One call computes a block of columns for all tokens, in groups of up to 512: a group is packed for
// the dot instruction row by row, as rows are N bytes apart and each is a page of its own, where
// neither the TLB nor a prefetcher forgives single lines; then the tokens pass its strips, and
// meanwhile what comes next is prefetched. For up to eight tokens, as in a decode step, few rows are
// packed at a time, so that the strips never leave L1.
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

// [begin, end) of rows, columns or tokens.
struct Span {
  long begin;
  long end;
  long size() const { return end - begin; }
};

// Columns that are packed together.
inline constexpr long kGroupColumns = 8 * kStrip;
// Rows that are packed together for eight tokens: the strips stay in L1.
inline constexpr long kGroupRows = 32;

// What each token's sums of the K tile exceed the product by.
inline void Offsets(const Int8MatMulKN& m, Span tokens, Span tile, int* offsets) {
  for (long t = tokens.begin; t < Blocks(tokens.end, kPanelTokens) * kPanelTokens; ++t) {
    const signed char* codes = m.codes + Clip(t, 0, m.T - 1) * m.K + tile.begin;
    offsets[t - tokens.begin] =
        Columns::kOffset == 0 ? 0 : Columns::kOffset * Sum(codes, tile.size());
  }
}

// Row steps outside, strips inside, so that what lies together is read together.
inline void PackGroup(const Int8MatMulKN& m, Span rows, Span columns, signed char* strips) {
  const long size = Columns::StripBytes(rows.size());
  for (long k = rows.begin; k < rows.end; k += Columns::kDepth) {
    signed char* to = strips + (k - rows.begin) * kStrip;
    for (long n = columns.begin; n < columns.end; n += kStrip, to += size) {
      Columns::Pack(m.weights + k * m.N + n, m.N, Clip(k, Columns::kDepth, rows.end) - k,
                    static_cast<int>(Clip(n, kStrip, columns.end) - n), to);
    }
  }
}

// Eight tokens from t on times packed rows of a group's columns. The first eight bring near what
// comes next; further rows only those have.
inline void RunGroup(const Int8MatMulKN& m, long t, Span rows, Span columns, bool begin, bool first,
                     const signed char* strips, RowsAhead& ahead, Columns::Sums* sums) {
  const TokenRows tokens = RowsOf(m, t, rows.begin);
  const long size = Columns::StripBytes(rows.size());
  for (long n = columns.begin; n < columns.end; n += kStrip, strips += size, ++sums) {
    if (!begin) {
      Columns::Run<true, false>(strips, tokens, rows.size(), ahead, *sums);
    } else if (first) {
      Columns::Run<true, true>(strips, tokens, rows.size(), ahead, *sums);
    } else {
      Columns::Run<false, true>(strips, tokens, rows.size(), ahead, *sums);
    }
  }
}

// What eight tokens got from the K tile, added to their sums.
inline void FinishGroup(const Int8MatMulKN& m, long t, Span columns, const int* offsets, bool begin,
                        const Columns::Sums* sums) {
  for (long n = columns.begin; n < columns.end; n += kStrip, ++sums) {
    alignas(64) StripSums strip;
    Columns::Finish(*sums, strip);
    const long width = Clip(n, kStrip, columns.end) - n;
    AddStrip(strip, offsets, static_cast<int>(Blocks(width, kDotRows)), begin,
             SumsAt(m.sums, t, n, m.N));
  }
}

// Tokens times the rows of a K tile times a group's columns, kRows rows packed at a time. Only eight
// tokens' sums can wait for further rows: for more tokens, kRows is the K tile.
template <long kRows>
void MultiplyGroup(const Int8MatMulKN& m, Span tokens, Span tile, Span columns, const int* offsets,
                   const signed char* after) {
  alignas(64) signed char strips[Blocks(kGroupColumns, kStrip) * Columns::StripBytes(kRows)];
  alignas(64) Columns::Sums sums[Blocks(kGroupColumns, kStrip)];
  for (long k = tile.begin; k < tile.end; k += kRows) {
    const Span rows{k, Clip(k, kRows, tile.end)};
    PackGroup(m, rows, columns, strips);
    RowsAhead ahead(rows.end < tile.end ? m.weights + rows.end * m.N + columns.begin : after,
                    kGroupColumns, m.N);
    for (long t = tokens.begin; t < tokens.end; t += kPanelTokens) {
      RunGroup(m, t, rows, columns, k == tile.begin, t == tokens.begin, strips, ahead, sums);
      if (rows.end == tile.end) {
        FinishGroup(m, t, columns, offsets + (t - tokens.begin), tile.begin == 0, sums);
      }
    }
  }
}

}  // namespace internal

/// All tokens times the columns [n0, n0 + kColumns), clipped to N, in K tiles of kKTile rows; n0 is
/// a multiple of kDotRows. Calls for disjoint columns may run at the same time. Takes
/// 512 · kKTile bytes of stack.
template <int kColumns, int kKTile>
void MatMulColumns(const Int8MatMulKN& m, long n0) {
  static_assert(kColumns > 0 && kColumns % kDotRows == 0, "columns come in blocks of sums");
  static_assert(kKTile > 0 && kKTile % Columns::kDepth == 0, "a K tile is a number of dot steps");
  using internal::Span;
  int offsets[internal::kStripTokens];
  const long end = Clip(n0, kColumns, m.N);
  for (long t = 0; t < m.T; t += internal::kStripTokens) {
    const Span tokens{t, Clip(t, internal::kStripTokens, m.T)};
    for (long k = 0; k < m.K; k += kKTile) {
      const Span tile{k, Clip(k, kKTile, m.K)};
      internal::Offsets(m, tokens, tile, offsets);
      for (long n = n0; n < end; n += internal::kGroupColumns) {
        const Span columns{n, Clip(n, internal::kGroupColumns, end)};
        // After the last group come the further rows of the first, else the columns behind, as a
        // thread's tasks are consecutive. Past the end they are prefetched in vain, which is
        // harmless.
        const signed char* after = columns.end < end ? m.weights + k * m.N + columns.end
                                   : tile.end < m.K  ? m.weights + tile.end * m.N + n0
                                                     : m.weights + end;
        if (tokens.size() <= kPanelTokens) {
          internal::MultiplyGroup<Clip(0, kKTile, internal::kGroupRows)>(m, tokens, tile, columns,
                                                                         offsets, after);
        } else {
          internal::MultiplyGroup<kKTile>(m, tokens, tile, columns, offsets, after);
        }
      }
    }
  }
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace kernels::simd
