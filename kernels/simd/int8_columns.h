// Products of int8 tokens with a strip of 64 columns of an int8 weight [K, N], in int32, in three
// ways that give the same: for AVX512-VNNI, for AVX2, and plain. `Columns` is the best one that
// this compiler may use.
//
// Lanes are columns, so what a dot instruction adds up must lie side by side: 4 (VNNI) or 2 (AVX2)
// consecutive k of each column. Pack() interleaves a strip's rows that way, once for all tokens;
// each row gives one cache line of 64 columns.
//
// VNNI multiplies unsigned by signed bytes. The strip holds weight + 128 (the upper bit flipped),
// and 128 · the token's sum of codes is subtracted afterwards: exact in int32, modulo 2^32.
#pragma once

#include "kernels/simd/int8_dot.h"

namespace kernels::simd {

/// Columns of a strip.
inline constexpr int kStrip = 64;

/// What to bring near meanwhile: rows of `width` bytes, `stride` apart, line by line.
class RowsAhead {
 public:
  RowsAhead(const signed char* first, long width, long stride)
      : row_(first), width_(width), stride_(stride) {}
  /// The next two lines.
  [[gnu::always_inline]] void Step() {
    __builtin_prefetch(row_ + at_, 0, 2);
    __builtin_prefetch(row_ + at_ + kPanelBytes, 0, 2);
    at_ += 2 * kPanelBytes;
    if (at_ >= width_) at_ = 0, row_ += stride_;
  }

 private:
  const signed char* row_;
  long width_, stride_;
  long at_ = 0;
};

/// kPanelTokens rows of codes; a row may stand for several tokens.
struct TokenRows {
  const signed char* row[kPanelTokens];
};

/// Sums by [columns / 16][token][column % 16].
typedef int StripSums[kStrip / kDotRows][kPanelTokens][kDotRows];

inline namespace KERNELS_SIMD_ISA {

struct PortableColumns {
  /// What is to be subtracted from a token's sums, per unit of its codes' sum.
  static constexpr int kOffset = 0;
  static constexpr int kDepth = 1;  // rows packed together
  /// Bytes that the strip of k rows takes.
  static constexpr long StripBytes(long k) { return k * kStrip; }

  /// Packs k rows of `columns` columns, `stride` apart; the strip's other columns become 0.
  static void Pack(const signed char* weights, long stride, long k, int columns,
                   signed char* strip) {
    for (long i = 0; i < k; ++i, weights += stride, strip += kStrip) {
      for (int n = 0; n < kStrip; ++n) strip[n] = n < columns ? weights[n] : 0;
    }
  }

  /// Running sums of a strip, in the order that is best for Run().
  struct Sums {
    StripSums by_column;
  };

  /// The sums over k of the tokens' codes with the strip, plus kOffset times the sum of the codes;
  /// kBegin overwrites what `sums` holds, else they are added to it.
  template <bool kAhead, bool kBegin>
  static void Run(const signed char* strip, const TokenRows& tokens, long k, RowsAhead& /*ahead*/,
                  Sums& sums) {
    for (int token = 0; token < kPanelTokens; ++token) {
      int acc[kStrip] = {};
      for (long i = 0; i < k; ++i) {
        for (int n = 0; n < kStrip; ++n) acc[n] += tokens.row[token][i] * strip[i * kStrip + n];
      }
      for (int n = 0; n < kStrip; ++n) {
        int& sum = sums.by_column[n / kDotRows][token][n % kDotRows];
        sum = kBegin ? acc[n] : sum + acc[n];
      }
    }
  }

  static void Finish(const Sums& sums, StripSums& to) {
    __builtin_memcpy(to, sums.by_column, sizeof(to));
  }
};

#if defined(__AVX2__)
struct Avx2Columns {
  static constexpr int kOffset = 0;
  static constexpr int kDepth = 2;
  static constexpr long StripBytes(long k) { return Blocks(k, kDepth) * kDepth * kStrip; }

  using Sums = PortableColumns::Sums;

  static void Pack(const signed char* weights, long stride, long k, int columns,
                   signed char* strip) {
    for (long i = 0; i < k; i += kDepth, strip += kDepth * kStrip) {
      for (int n = 0; n < kStrip; n += 16) {
        const Bytes a = Row(weights + i * stride, n, columns);
        const Bytes b = i + 1 < k ? Row(weights + (i + 1) * stride, n, columns) : Bytes{};
        const Bytes pairs[2] = {
            __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23),
            __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15,
                                    31)};
        __builtin_memcpy(strip + kDepth * n, pairs, sizeof(pairs));
      }
    }
  }

  template <bool kAhead, bool kBegin>
  static void Run(const signed char* strip, const TokenRows& tokens, long k, RowsAhead& ahead,
                  Sums& sums) {
    for (int n = 0; n < kStrip; n += kDotRows) {
      for (int token = 0; token < kPanelTokens; token += kTokens) {
        Tile<kBegin>(strip + kDepth * n, tokens.row + token, k,
                     &sums.by_column[n / kDotRows][token]);
      }
      if constexpr (kAhead) {
        for (long i = 0; i < k; i += 2 * kStrip / kDotRows) ahead.Step();
      }
    }
  }

  static void Finish(const Sums& sums, StripSums& to) { PortableColumns::Finish(sums, to); }

 private:
  typedef signed char Bytes __attribute__((vector_size(16)));
  typedef short Words __attribute__((vector_size(32)));
  typedef int Dots __attribute__((vector_size(32)));
  static constexpr int kTokens = 4;  // times 2 vectors of columns: 8 of 16 registers accumulate

  static Bytes Row(const signed char* row, int n, int columns) {
    Bytes v = {};
    if (n + 16 <= columns) {
      __builtin_memcpy(&v, row + n, sizeof(v));
    } else {
      for (int i = 0; n + i < columns; ++i) v[i] = row[n + i];
    }
    return v;
  }

  [[gnu::always_inline]] static Words Widen(const signed char* from) {
    Bytes v;
    __builtin_memcpy(&v, from, sizeof(v));
#if defined(__clang__)
    return __builtin_convertvector(v, Words);
#else
    typedef char Plain __attribute__((vector_size(16)));
    return __builtin_ia32_pmovsxbw256(__builtin_bit_cast(Plain, v));
#endif
  }

  template <bool kBegin>
  static void Tile(const signed char* strip, const signed char* const* rows, long k,
                   int (*sums)[kDotRows]) {
    Dots acc[2 * kTokens] = {};
    if constexpr (!kBegin) {
      for (int token = 0; token < kTokens; ++token) {
        __builtin_memcpy(acc + 2 * token, sums[token], sizeof(sums[token]));
      }
    }
    for (long i = 0; i < k; i += kDepth, strip += kDepth * kStrip) {
      const Words w0 = Widen(strip), w1 = Widen(strip + 16);
#pragma GCC unroll 4
      for (int token = 0; token < kTokens; ++token) {
        const unsigned low = static_cast<unsigned short>(rows[token][i]);
        const unsigned high = i + 1 < k ? static_cast<unsigned short>(rows[token][i + 1]) : 0u;
        const Words x = __builtin_bit_cast(Words, Dots{} + static_cast<int>(low | high << 16));
        acc[2 * token] += __builtin_ia32_pmaddwd256(x, w0);
        acc[2 * token + 1] += __builtin_ia32_pmaddwd256(x, w1);
      }
    }
    for (int token = 0; token < kTokens; ++token) {
      __builtin_memcpy(sums[token], acc + 2 * token, sizeof(sums[token]));
    }
  }
};
#endif

#if defined(__AVX512VNNI__) && defined(__AVX512BW__) && defined(__AVX512VL__)
struct VnniColumns {
  static constexpr int kOffset = 128;
  static constexpr int kDepth = 4;
  static constexpr long StripBytes(long k) { return Blocks(k, kDepth) * kDepth * kStrip; }

  struct Sums {
    I32 halves[2][2 * kPanelTokens];  // vectors of the packed order, see Pack()
  };

  // Interleaving works within quarters of a register: vector i of the four that come out of four
  // rows has the columns 16·q + 4·i … +3 in its quarter q. Finish() puts the sums right.
  static void Pack(const signed char* weights, long stride, long k, int columns,
                   signed char* strip) {
    long i = 0;
    if (columns == kStrip) {
      for (; i + kDepth <= k; i += kDepth, weights += kDepth * stride, strip += kDepth * kStrip) {
        Interleave(Row(weights), Row(weights + stride), Row(weights + 2 * stride),
                   Row(weights + 3 * stride), strip);
      }
    }
    for (; i < k; i += kDepth, weights += kDepth * stride, strip += kDepth * kStrip) {
      signed char rows[kDepth][kStrip] = {};
      for (long j = 0; j < kDepth && i + j < k; ++j) {
        __builtin_memcpy(rows[j], weights + j * stride, static_cast<unsigned long>(columns));
      }
      Interleave(Row(rows[0]), Row(rows[1]), Row(rows[2]), Row(rows[3]), strip);
    }
  }

  // Kept out of line: inlined into every matmul it doubles the compile time.
  template <bool kAhead, bool kBegin>
  [[gnu::noinline]] static void Run(const signed char* strip, const TokenRows& tokens, long k,
                                    RowsAhead& ahead, Sums& sums) {
    for (int half = 0; half < 2; ++half) {
      Half<kAhead, kBegin>(strip + half * kStrip * 2, tokens, k, ahead, sums.halves[half]);
    }
  }

  [[gnu::noinline]] static void Finish(const Sums& sums, StripSums& to) {
    for (int token = 0; token < kPanelTokens; ++token) {
      Store(sums.halves[0][2 * token], sums.halves[0][2 * token + 1], sums.halves[1][2 * token],
            sums.halves[1][2 * token + 1], token, to);
    }
  }

 private:
  typedef signed char Bytes __attribute__((vector_size(64)));
  typedef short Words __attribute__((vector_size(64)));
  typedef int Memory __attribute__((vector_size(64), aligned(1), may_alias));
  typedef long long I64 __attribute__((vector_size(64)));

  [[gnu::always_inline]] static Bytes Row(const signed char* from) {
    return __builtin_bit_cast(Bytes, static_cast<I32>(*reinterpret_cast<const Memory*>(from)));
  }
  [[gnu::always_inline]] static Words LowBytes(Bytes a, Bytes b) {
    return __builtin_bit_cast(
        Words,
        __builtin_shufflevector(a, b, 0, 64, 1, 65, 2, 66, 3, 67, 4, 68, 5, 69, 6, 70, 7, 71, 16,
                                80, 17, 81, 18, 82, 19, 83, 20, 84, 21, 85, 22, 86, 23, 87, 32, 96,
                                33, 97, 34, 98, 35, 99, 36, 100, 37, 101, 38, 102, 39, 103, 48, 112,
                                49, 113, 50, 114, 51, 115, 52, 116, 53, 117, 54, 118, 55, 119));
  }
  [[gnu::always_inline]] static Words HighBytes(Bytes a, Bytes b) {
    return __builtin_bit_cast(
        Words, __builtin_shufflevector(a, b, 8, 72, 9, 73, 10, 74, 11, 75, 12, 76, 13, 77, 14, 78,
                                       15, 79, 24, 88, 25, 89, 26, 90, 27, 91, 28, 92, 29, 93, 30,
                                       94, 31, 95, 40, 104, 41, 105, 42, 106, 43, 107, 44, 108, 45,
                                       109, 46, 110, 47, 111, 56, 120, 57, 121, 58, 122, 59, 123,
                                       60, 124, 61, 125, 62, 126, 63, 127));
  }
  [[gnu::always_inline]] static I32 LowWords(Words a, Words b) {
    return __builtin_bit_cast(
        I32,
        __builtin_shufflevector(a, b, 0, 32, 1, 33, 2, 34, 3, 35, 8, 40, 9, 41, 10, 42, 11, 43, 16,
                                48, 17, 49, 18, 50, 19, 51, 24, 56, 25, 57, 26, 58, 27, 59));
  }
  [[gnu::always_inline]] static I32 HighWords(Words a, Words b) {
    return __builtin_bit_cast(
        I32,
        __builtin_shufflevector(a, b, 4, 36, 5, 37, 6, 38, 7, 39, 12, 44, 13, 45, 14, 46, 15, 47,
                                20, 52, 21, 53, 22, 54, 23, 55, 28, 60, 29, 61, 30, 62, 31, 63));
  }
  [[gnu::always_inline]] static void Interleave(Bytes a, Bytes b, Bytes c, Bytes d,
                                                signed char* strip) {
    const Words low0 = LowBytes(a, b), low1 = LowBytes(c, d);
    const Words high0 = HighBytes(a, b), high1 = HighBytes(c, d);
    const I32 flip = I32{} + static_cast<int>(0x80808080u);
    auto* to = reinterpret_cast<Memory*>(strip);
    to[0] = LowWords(low0, low1) ^ flip;
    to[1] = HighWords(low0, low1) ^ flip;
    to[2] = LowWords(high0, high1) ^ flip;
    to[3] = HighWords(high0, high1) ^ flip;
  }

  [[gnu::always_inline]] static I32 Add(I32 acc, I32 weights, I32 codes) {
#if defined(__clang__)
    return __builtin_ia32_vpdpbusd512(acc, weights, codes);
#else
    return __builtin_ia32_vpdpbusd_v16si(acc, weights, codes);
#endif
  }

  // 8 tokens × 2 vectors, acc[2·token + vector]: 16 accumulators hide the instruction's latency.
  template <bool kAhead, bool kBegin>
  [[gnu::always_inline]] static void Half(const signed char* strip, const TokenRows& tokens, long k,
                                          RowsAhead& ahead, I32* to) {
    I32 acc[2 * kPanelTokens] = {};
    if constexpr (!kBegin) {
      for (int i = 0; i < 2 * kPanelTokens; ++i) acc[i] = to[i];
    }
    const auto step = [&](const auto& codes) __attribute__((always_inline)) {
      const I32 w0 = *reinterpret_cast<const Memory*>(strip);
      const I32 w1 = *reinterpret_cast<const Memory*>(strip + kStrip);
#pragma GCC unroll 8
      for (int token = 0; token < kPanelTokens; ++token) {
        const I32 x = I32{} + codes(tokens.row[token]);
        acc[2 * token] = Add(acc[2 * token], w0, x);
        acc[2 * token + 1] = Add(acc[2 * token + 1], w1, x);
      }
      if constexpr (kAhead) ahead.Step();
      strip += kDepth * kStrip;
    };
    long i = 0;
    for (; i + kDepth <= k; i += kDepth) {
      step([i](const signed char* row)
               __attribute__((always_inline)) { return Codes(row + i, 4); });
    }
    if (i < k) {
      step([&](const signed char* row) { return Codes(row + i, k - i); });
    }
    for (int v = 0; v < 2 * kPanelTokens; ++v) to[v] = acc[v];
  }

  [[gnu::always_inline]] static int Codes(const signed char* from, long n) {
    int codes = 0;
    __builtin_memcpy(&codes, from, static_cast<unsigned long>(n));
    return codes;
  }

  // Quarter q of vector i goes to quarter i of vector q.
  [[gnu::always_inline]] static void Store(I32 a, I32 b, I32 c, I32 d, int token, StripSums& sums) {
    const auto p = __builtin_bit_cast(I64, a), q = __builtin_bit_cast(I64, b);
    const auto r = __builtin_bit_cast(I64, c), s = __builtin_bit_cast(I64, d);
    const I64 low0 = __builtin_shufflevector(p, q, 0, 1, 2, 3, 8, 9, 10, 11);
    const I64 low1 = __builtin_shufflevector(r, s, 0, 1, 2, 3, 8, 9, 10, 11);
    const I64 high0 = __builtin_shufflevector(p, q, 4, 5, 6, 7, 12, 13, 14, 15);
    const I64 high1 = __builtin_shufflevector(r, s, 4, 5, 6, 7, 12, 13, 14, 15);
    Write(__builtin_shufflevector(low0, low1, 0, 1, 4, 5, 8, 9, 12, 13), sums[0][token]);
    Write(__builtin_shufflevector(low0, low1, 2, 3, 6, 7, 10, 11, 14, 15), sums[1][token]);
    Write(__builtin_shufflevector(high0, high1, 0, 1, 4, 5, 8, 9, 12, 13), sums[2][token]);
    Write(__builtin_shufflevector(high0, high1, 2, 3, 6, 7, 10, 11, 14, 15), sums[3][token]);
  }
  [[gnu::always_inline]] static void Write(I64 v, int* to) { __builtin_memcpy(to, &v, sizeof(v)); }
};
#endif

#if defined(__AVX512VNNI__) && defined(__AVX512BW__) && defined(__AVX512VL__)
using Columns = VnniColumns;
#elif defined(__AVX2__)
using Columns = Avx2Columns;
#else
using Columns = PortableColumns;
#endif

}  // namespace KERNELS_SIMD_ISA
}  // namespace kernels::simd
