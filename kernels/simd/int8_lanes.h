// Products of int8 rows ("queries") with int8 rows ("keys") of one length, a lane per key: sums of
// many queries with a vector of keys, without adding up lanes. Worth it where rows are short and
// every key meets many queries, as in attention scores; int8_dot.h is for long rows.
//
// A word holds what one lane takes per step: 4 codes (AVX512-VNNI), 2 (AVX2) or 1. Keys are packed
// word by word, lanes side by side:
//   keys[vector][step][lane]
// queries word by word, so that a step broadcasts one. All three ways give the same int32.
//
// VNNI multiplies unsigned by signed bytes. Keys then hold code + 128 (the upper bit flipped), and
// sums begin at −128 · the query's sum of codes: exact in int32.
#pragma once

#include "kernels/simd/vec.h"

namespace kernels::simd {
inline namespace KERNELS_SIMD_ISA {

#if defined(__AVX512VNNI__) && defined(__AVX512BW__) && defined(__AVX512VL__)
inline constexpr int kWordCodes = 4;
#elif defined(__AVX2__)
inline constexpr int kWordCodes = 2;
#else
inline constexpr int kWordCodes = 1;
#endif

/// Keys that are packed and multiplied together: two vectors.
inline constexpr int kKeyBlock = 2 * kLanes;

/// Words of a row of k codes, or of a lane; k is a multiple of 16.
constexpr long WordsOf(long k) { return k / kWordCodes; }

namespace internal {

/// Codes at `from` as a query's word.
inline int Word(const signed char* from) {
#if defined(__AVX512VNNI__) && defined(__AVX512BW__) && defined(__AVX512VL__)
  int word;
  __builtin_memcpy(&word, from, sizeof(word));
  return word;
#elif defined(__AVX2__)
  return static_cast<int>((unsigned{static_cast<unsigned short>(from[1])} << 16) |
                          static_cast<unsigned short>(from[0]));
#else
  return *from;
#endif
}

inline I32 AddProducts(I32 sum, I32 keys, I32 query) {
#if defined(__AVX512VNNI__) && defined(__AVX512BW__) && defined(__AVX512VL__)
#if defined(__clang__)
  return __builtin_ia32_vpdpbusd512(sum, keys, query);
#else
  return __builtin_ia32_vpdpbusd_v16si(sum, keys, query);
#endif
#elif defined(__AVX2__)
  typedef short Words __attribute__((vector_size(4 * kLanes)));
#if defined(__AVX512F__) && defined(__clang__)
  return sum + __builtin_ia32_pmaddwd512(__builtin_bit_cast(Words, keys),
                                         __builtin_bit_cast(Words, query));
#elif defined(__AVX512F__)
  return sum + __builtin_ia32_pmaddwd512_mask(__builtin_bit_cast(Words, keys),
                                              __builtin_bit_cast(Words, query), I32{},
                                              static_cast<unsigned short>(-1));
#else
  return sum + __builtin_ia32_pmaddwd256(__builtin_bit_cast(Words, keys),
                                         __builtin_bit_cast(Words, query));
#endif
#else
  return sum + keys * query;
#endif
}

#if defined(__AVX512VNNI__) && defined(__AVX512BW__) && defined(__AVX512VL__)
typedef long long I64 __attribute__((vector_size(64)));

// 16 vectors of 16 words, transposed in place: pairs of words, pairs of those, and twice quarters.
[[gnu::noinline]] inline void Transpose(I32* v) {
  I32 a[16];
  for (int i = 0; i < 16; i += 2) {
    a[i] = __builtin_shufflevector(v[i], v[i + 1], 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28,
                                   13, 29);
    a[i + 1] = __builtin_shufflevector(v[i], v[i + 1], 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27,
                                       14, 30, 15, 31);
  }
  I64 b[16];  // b[4·g + w]: word w (mod 4) of rows 4·g … +3, by quarters
  for (int i = 0; i < 16; i += 4) {
    const auto p = __builtin_bit_cast(I64, a[i]), q = __builtin_bit_cast(I64, a[i + 2]);
    const auto r = __builtin_bit_cast(I64, a[i + 1]), s = __builtin_bit_cast(I64, a[i + 3]);
    b[i] = __builtin_shufflevector(p, q, 0, 8, 2, 10, 4, 12, 6, 14);
    b[i + 1] = __builtin_shufflevector(p, q, 1, 9, 3, 11, 5, 13, 7, 15);
    b[i + 2] = __builtin_shufflevector(r, s, 0, 8, 2, 10, 4, 12, 6, 14);
    b[i + 3] = __builtin_shufflevector(r, s, 1, 9, 3, 11, 5, 13, 7, 15);
  }
  for (int w = 0; w < 4; ++w) {
    const I64 low01 = __builtin_shufflevector(b[w], b[w + 4], 0, 1, 8, 9, 2, 3, 10, 11);
    const I64 low23 = __builtin_shufflevector(b[w + 8], b[w + 12], 0, 1, 8, 9, 2, 3, 10, 11);
    const I64 high01 = __builtin_shufflevector(b[w], b[w + 4], 4, 5, 12, 13, 6, 7, 14, 15);
    const I64 high23 = __builtin_shufflevector(b[w + 8], b[w + 12], 4, 5, 12, 13, 6, 7, 14, 15);
    const auto join = [](I64 x, I64 y, bool upper) {
      const I64 joined = upper ? __builtin_shufflevector(x, y, 4, 5, 6, 7, 12, 13, 14, 15)
                               : __builtin_shufflevector(x, y, 0, 1, 2, 3, 8, 9, 10, 11);
      return __builtin_bit_cast(I32, joined);
    };
    v[w] = join(low01, low23, false);
    v[w + 4] = join(low01, low23, true);
    v[w + 8] = join(high01, high23, false);
    v[w + 12] = join(high01, high23, true);
  }
}
#endif

}  // namespace internal

/// Packs kLanes keys of k codes each, key i at rows[i], into keys[k / kWordCodes][kLanes].
inline void PackKeys(const signed char* const* rows, long k, int* keys) {
#if defined(__AVX512VNNI__) && defined(__AVX512BW__) && defined(__AVX512VL__)
  for (long step = 0; step < WordsOf(k); step += kLanes) {
    const long left = WordsOf(k) - step;
    const int words = static_cast<int>(left < kLanes ? left : kLanes);
    I32 v[kLanes];
    for (int i = 0; i < kLanes; ++i) {
      v[i] = I32{};
      __builtin_memcpy(&v[i], rows[i] + step * kWordCodes,
                       static_cast<unsigned long>(words) * kWordCodes);
    }
    internal::Transpose(v);
    for (int w = 0; w < words; ++w) {
      const I32 flipped = v[w] ^ static_cast<int>(0x80808080u);
      __builtin_memcpy(keys + (step + w) * kLanes, &flipped, sizeof(flipped));
    }
  }
#else
  for (long step = 0; step < WordsOf(k); ++step) {
    for (int i = 0; i < kLanes; ++i) {
      keys[step * kLanes + i] = internal::Word(rows[i] + step * kWordCodes);
    }
  }
#endif
}

/// A query of k codes as words, and what its sums begin at.
inline int PackQuery(const signed char* codes, long k, int* words) {
  for (long step = 0; step < WordsOf(k); ++step) {
    words[step] = internal::Word(codes + step * kWordCodes);
  }
  if constexpr (kWordCodes < 4) return 0;
  int sum = 0;
  for (long i = 0; i < k; ++i) sum += codes[i];
  return -128 * sum;
}

/// sums[query][vector] of kQueries queries, `stride` words apart, with a block of two packed
/// vectors of keys; starts[query] is what PackQuery returned.
template <int kQueries>
[[gnu::always_inline]] inline void MultiplyKeys(const int* keys, const int* queries, long stride,
                                                const int* starts, long k, I32 (*sums)[2]) {
  I32 acc[kQueries][2];
  for (int q = 0; q < kQueries; ++q) acc[q][0] = acc[q][1] = I32{} + starts[q];
  const int* second = keys + WordsOf(k) * kLanes;
  for (long step = 0; step < WordsOf(k); ++step) {
    const I32 k0 = Load(keys + step * kLanes, kLanes), k1 = Load(second + step * kLanes, kLanes);
#pragma GCC unroll 8
    for (int q = 0; q < kQueries; ++q) {
      const I32 word = I32{} + queries[q * stride + step];
      acc[q][0] = internal::AddProducts(acc[q][0], k0, word);
      acc[q][1] = internal::AddProducts(acc[q][1], k1, word);
    }
  }
  for (int q = 0; q < kQueries; ++q) {
    sums[q][0] = acc[q][0];
    sums[q][1] = acc[q][1];
  }
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace kernels::simd
