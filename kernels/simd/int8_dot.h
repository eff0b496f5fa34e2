// Dot products of signed bytes in three ways that give the same int32: for AVX512-VNNI, for AVX2,
// and plain. `Dot` is the best one that this compiler may use.
//
// Tokens come in panels: kPanelTokens rows cut into steps of kPanelBytes and stored step by step,
//   panel[step][token][kPanelBytes],
// so that a register tile reads one stream, whatever the row length, and L1 sets don't collide as
// rows 4096 bytes apart would. What lies beyond the last column or the last token may be any byte:
// it meets a zero weight, or its sum is dropped. Weights stay as they are: rows of K bytes, read
// once.
//
// VNNI multiplies unsigned by signed bytes. Its panels hold code + 128 (the code with the upper bit
// flipped), and 128 · the row's sum of weights is subtracted afterwards: exact in int32, modulo
// 2^32.
#pragma once

#include "kernels/simd/vec.h"

namespace kernels::simd {

inline constexpr int kPanelTokens = 8;
inline constexpr int kPanelBytes = 64;
/// Weight rows of one block.
inline constexpr int kDotRows = 16;

/// A block of work: the sums over k bytes of every token of a panel with some weight rows.
struct DotBlock {
  const unsigned char* panel;  // at the first of its steps, 64-byte aligned for speed
  const signed char* weights;  // the first row, at the first of its bytes
  long stride;                 // from row to row
  int rows;                    // 1 … kDotRows
  long k;                      // bytes of a row
  /// What to bring near meanwhile: per step and row the line at next + row·stride + step·next_step.
  const signed char* next = nullptr;
  long next_step = 0;

  // Rows beyond the last are the last one again: computed, and dropped.
  const signed char* Row(int row) const { return weights + stride * Clip(row, 0, rows - 1); }
  const signed char* NextRow(int row) const { return next + stride * Clip(row, 0, rows - 1); }
};

inline namespace KERNELS_SIMD_ISA {

struct PortableDot {
  static constexpr int kFlip = 0;
  /// Writes sums[token][row] for all tokens of the panel and the block's rows; other rows may
  /// become anything. row_sums, an opaque memory of kDotRows ints, is written by the call with
  /// kFirst and read by further panels of the same weights.
  template <bool kFirst>
  static void Run(const DotBlock& block, int (*sums)[kDotRows], int* /*row_sums*/) {
    for (int token = 0; token < kPanelTokens; ++token) {
      for (int row = 0; row < block.rows; ++row) {
        sums[token][row] = One(block.panel + token * kPanelBytes, block.Row(row), block.k);
      }
    }
  }

 private:
  static int One(const unsigned char* panel, const signed char* weights, long k) {
    int sum = 0;
    for (long begin = 0; begin < k; begin += kPanelBytes, panel += kPanelTokens * kPanelBytes) {
      const long n = Clip(begin, kPanelBytes, k) - begin;
      // Read as signed, not cast to it: g++ 12 drops the cast at -O3 and, where there is VNNI,
      // makes it an unsigned by signed product.
      const auto* codes = reinterpret_cast<const signed char*>(panel);
      for (long i = 0; i < n; ++i) sum += codes[i] * weights[begin + i];
    }
    return sum;
  }
};

#if defined(__AVX2__)
struct Avx2Dot {
  static constexpr int kFlip = 0;
  /// As PortableDot::Run. Never vpmaddubsw, whose int16 sums saturate.
  template <bool kFirst>
  static void Run(const DotBlock& block, int (*sums)[kDotRows], int* /*row_sums*/) {
    for (int row = 0; row < block.rows; row += 2) {
      for (int token = 0; token < kPanelTokens; token += kTokens) Tile(block, token, row, sums);
    }
  }

 private:
  typedef signed char Bytes __attribute__((vector_size(16)));
  typedef short Words __attribute__((vector_size(32)));
  typedef int Sums __attribute__((vector_size(32)));
  static constexpr int kTokens = 4;  // times 2 rows: 8 of 16 registers accumulate

  [[gnu::always_inline]] static Words Widen(const void* from, long n) {
    Bytes v = {};
    __builtin_memcpy(&v, from, static_cast<unsigned long>(n));
#if defined(__clang__)
    return __builtin_convertvector(v, Words);
#else
    typedef char Plain __attribute__((vector_size(16)));
    return __builtin_ia32_pmovsxbw256(__builtin_bit_cast(Plain, v));
#endif
  }

  [[gnu::always_inline]] static void Step(const unsigned char* panel, Words w0, Words w1,
                                          Sums* acc) {
#pragma GCC unroll 4
    for (int token = 0; token < kTokens; ++token) {
      const Words x = Widen(panel + token * kPanelBytes, 16);
      acc[2 * token] += __builtin_ia32_pmaddwd256(x, w0);
      acc[2 * token + 1] += __builtin_ia32_pmaddwd256(x, w1);
    }
  }

  static void Tile(const DotBlock& block, int token, int row, int (*sums)[kDotRows]) {
    const signed char *w0 = block.Row(row), *w1 = block.Row(row + 1);
    const signed char *next0 = block.NextRow(row), *next1 = block.NextRow(row + 1);
    const unsigned char* panel = block.panel + token * kPanelBytes;
    Sums acc[2 * kTokens] = {};
    for (long k = 0; k < block.k; k += 16) {
      const unsigned char* x =
          panel + (k / kPanelBytes) * kPanelTokens * kPanelBytes + k % kPanelBytes;
      const long n = Clip(k, 16, block.k) - k;
      if (n == 16) {
        Step(x, Widen(w0 + k, 16), Widen(w1 + k, 16), acc);
      } else {
        Step(x, Widen(w0 + k, n), Widen(w1 + k, n), acc);
      }
      __builtin_prefetch(next0 + k / kPanelBytes * block.next_step, 0, 2);
      __builtin_prefetch(next1 + k / kPanelBytes * block.next_step, 0, 2);
    }
    for (int i = 0; i < 2 * kTokens; ++i) {
      int sum = 0;
      for (int lane = 0; lane < 8; ++lane) sum += acc[i][lane];
      sums[token + i / 2][row + i % 2] = sum;
    }
  }
};
#endif

#if defined(__AVX512VNNI__) && defined(__AVX512BW__) && defined(__AVX512VL__)
struct VnniDot {
  static constexpr int kFlip = 0x80;
  /// As PortableDot::Run. Kept out of line: inlined into every matmul it doubles the compile time.
  template <bool kFirst>
  [[gnu::noinline]] static void Run(const DotBlock& block, int (*sums)[kDotRows], int* row_sums) {
    I32 rows[kDotRows];
    for (int row = 0; row < kDotRows; row += 2) {
      I32 acc[2 * kPanelTokens] = {};
      Pair<kFirst>(block, row, acc, rows + row);
      const I32 reduced = Reduce(acc);
      for (int token = 0; token < kPanelTokens; ++token) {
        __builtin_memcpy(&sums[token][row], reinterpret_cast<const int*>(&reduced) + 2 * token, 8);
      }
    }
    if constexpr (kFirst) *reinterpret_cast<Memory*>(row_sums) = Reduce(rows);
    const I32 offset = *reinterpret_cast<const Memory*>(row_sums);
    for (int token = 0; token < kPanelTokens; ++token) {
      *reinterpret_cast<Memory*>(sums[token]) -= offset;
    }
  }

 private:
  typedef int Memory __attribute__((vector_size(64), aligned(1), may_alias));
  typedef long long I64 __attribute__((vector_size(64)));

  [[gnu::always_inline]] static I32 Add(I32 acc, I32 codes, I32 weights) {
#if defined(__clang__)
    return __builtin_ia32_vpdpbusd512(acc, codes, weights);
#else
    return __builtin_ia32_vpdpbusd_v16si(acc, codes, weights);
#endif
  }

  // 8 tokens × 2 rows, acc[2·token + row]: 16 accumulators hide the instruction's latency, and each
  // weight is loaded once. rows[0..1] get the weights' own sums, by lane.
  template <bool kRowSums>
  [[gnu::always_inline]] static void Pair(const DotBlock& block, int row, I32* acc, I32* rows) {
    const signed char *w0 = block.Row(row), *w1 = block.Row(row + 1);
    const signed char *next0 = block.NextRow(row), *next1 = block.NextRow(row + 1);
    const unsigned char* panel = block.panel;
    I32 rows0 = {}, rows1 = {};
    const auto step = [&](I32 v0, I32 v1) __attribute__((always_inline)) {
#pragma GCC unroll 8
      for (int token = 0; token < kPanelTokens; ++token) {
        const I32 x = *reinterpret_cast<const Memory*>(panel + token * kPanelBytes);
        acc[2 * token] = Add(acc[2 * token], x, v0);
        acc[2 * token + 1] = Add(acc[2 * token + 1], x, v1);
      }
      if constexpr (kRowSums) {
        const I32 offset = I32{} + static_cast<int>(0x80808080u);
        rows0 = Add(rows0, offset, v0);
        rows1 = Add(rows1, offset, v1);
      }
    };
    long k = 0;
    for (; k + kPanelBytes <= block.k; k += kPanelBytes) {
      __builtin_prefetch(next0, 0, 2);
      __builtin_prefetch(next1, 0, 2);
      step(*reinterpret_cast<const Memory*>(w0 + k), *reinterpret_cast<const Memory*>(w1 + k));
      panel += kPanelTokens * kPanelBytes;
      next0 += block.next_step;
      next1 += block.next_step;
    }
    if (const long left = block.k - k; left > 0)
      step(LoadTail(w0 + k, left), LoadTail(w1 + k, left));
    rows[0] = rows0;
    rows[1] = rows1;
  }

  [[gnu::always_inline]] static I32 LoadTail(const signed char* from, long n) {
    I32 v = {};
    __builtin_memcpy(&v, from, static_cast<unsigned long>(n) % kPanelBytes);  // tells g++ it fits
    return v;
  }

  // One vector of 16 sums, lane i that of v[i]: halves the number of vectors four times.
  static I32 Reduce(const I32* v) {
    I32 fours[4];
    for (int i = 0; i < 4; ++i) {
      fours[i] =
          MergePairs(MergeLanes(v[4 * i], v[4 * i + 1]), MergeLanes(v[4 * i + 2], v[4 * i + 3]));
    }
    return MergeQuarters(MergeQuarters(fours[0], fours[1]), MergeQuarters(fours[2], fours[3]));
  }
  static I32 MergeLanes(I32 a, I32 b) {
    return __builtin_shufflevector(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29) +
           __builtin_shufflevector(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15,
                                   31);
  }
  static I32 MergePairs(I32 a, I32 b) {
    const I64 p = __builtin_bit_cast(I64, a), q = __builtin_bit_cast(I64, b);
    I64 low = __builtin_shufflevector(p, q, 0, 8, 2, 10, 4, 12, 6, 14);
    I64 high = __builtin_shufflevector(p, q, 1, 9, 3, 11, 5, 13, 7, 15);
    return __builtin_bit_cast(I32, low) + __builtin_bit_cast(I32, high);
  }
  static I32 MergeQuarters(I32 a, I32 b) {
    const I64 p = __builtin_bit_cast(I64, a), q = __builtin_bit_cast(I64, b);
    I64 even = __builtin_shufflevector(p, q, 0, 1, 4, 5, 8, 9, 12, 13);
    I64 odd = __builtin_shufflevector(p, q, 2, 3, 6, 7, 10, 11, 14, 15);
    return __builtin_bit_cast(I32, even) + __builtin_bit_cast(I32, odd);
  }
};
#endif

#if defined(__AVX512VNNI__) && defined(__AVX512BW__) && defined(__AVX512VL__)
using Dot = VnniDot;
#elif defined(__AVX2__)
using Dot = Avx2Dot;
#else
using Dot = PortableDot;
#endif

}  // namespace KERNELS_SIMD_ISA
}  // namespace kernels::simd
