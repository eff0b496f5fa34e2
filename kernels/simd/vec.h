// Vectors of the widest register the compiler may use, written with the vector extensions that g++
// and clang share: <immintrin.h> would cost 0.8 s of compile time per variant. Includes nothing of
// the standard library, and no function touches an element that its caller did not name.
//
// Compile with -ffp-contract=off where results must be the golden's bit for bit.
#pragma once

#include "tuner/abi.h"

// Objects of one program may be compiled for different machines (a test beside the registrations).
// Naming the machine in the namespace keeps the linker from merging inline functions that differ.
#if defined(__AVX512VNNI__) && defined(__AVX512BW__) && defined(__AVX512VL__)
#define KERNELS_SIMD_ISA avx512_vnni
#elif defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__)
#define KERNELS_SIMD_ISA avx512
#elif defined(__AVX2__)
#define KERNELS_SIMD_ISA avx2
#else
#define KERNELS_SIMD_ISA portable
#endif

namespace kernels {

using tilesmith::bf16;

namespace simd {
inline namespace KERNELS_SIMD_ISA {

#if defined(__AVX512F__)
inline constexpr int kLanes = 16;
#elif defined(__AVX__)
inline constexpr int kLanes = 8;
#else
inline constexpr int kLanes = 4;
#endif

/// kLanes elements each.
typedef float F32 __attribute__((vector_size(4 * kLanes)));
typedef int I32 __attribute__((vector_size(4 * kLanes)));
typedef unsigned U32 __attribute__((vector_size(4 * kLanes)));
typedef unsigned short U16 __attribute__((vector_size(2 * kLanes)));
typedef unsigned char U8 __attribute__((vector_size(kLanes)));

namespace internal {
// Copies rather than casts: memory is aligned for its elements only.
template <typename Vector>
[[gnu::always_inline]] inline Vector LoadFirst(const void* from, int n) {
  Vector v = {};
  if (n == kLanes) {
    __builtin_memcpy(&v, from, sizeof(v));
  } else {
    __builtin_memcpy(&v, from, static_cast<unsigned long>(n) * (sizeof(v) / kLanes));
  }
  return v;
}

template <typename Vector>
[[gnu::always_inline]] inline void StoreFirst(void* to, Vector v, int n) {
  if (n == kLanes) {
    __builtin_memcpy(to, &v, sizeof(v));
  } else {
    __builtin_memcpy(to, &v, static_cast<unsigned long>(n) * (sizeof(v) / kLanes));
  }
}
}  // namespace internal

/// The bits of one as the other.
inline U32 Bits(F32 v) { return __builtin_bit_cast(U32, v); }
inline F32 FromBits(U32 v) { return __builtin_bit_cast(F32, v); }

inline F32 ToF32(I32 v) { return __builtin_convertvector(v, F32); }  // RNE, inexact above 2^24

inline F32 Min(F32 a, F32 b) { return b < a ? b : a; }  // a where either is NaN
inline F32 Max(F32 a, F32 b) { return a < b ? b : a; }
inline F32 Abs(F32 v) { return FromBits(Bits(v) & 0x7fffffffu); }

/// a·b + c, rounded once where the machine can. For sums whose order is free anyway (class R): its
/// bits depend on the machine.
[[gnu::always_inline]] inline F32 Fma(F32 a, F32 b, F32 c) {
#if defined(__FMA__) && defined(__AVX512F__)
  return __builtin_ia32_vfmaddps512_mask(a, b, c, static_cast<unsigned short>(-1), 4);
#elif defined(__FMA__) && defined(__AVX__)
  return __builtin_ia32_vfmaddps256(a, b, c);
#else
  return a * b + c;
#endif
}

/// Correctly rounded, lane by lane; NaN below 0.
[[gnu::always_inline]] inline F32 Sqrt(F32 v) {
#if defined(__AVX512F__) && defined(__clang__)
  return __builtin_ia32_sqrtps512(v, 4);
#elif defined(__AVX512F__)
  return __builtin_ia32_sqrtps512_mask(v, v, static_cast<unsigned short>(-1), 4);
#elif defined(__AVX__)
  return __builtin_ia32_sqrtps256(v);
#else
  for (int lane = 0; lane < kLanes; ++lane) v[lane] = __builtin_sqrtf(v[lane]);
  return v;
#endif
}

/// All lanes added, by halves: the same tree for any caller. In shuffles, since g++ takes single lanes
/// through memory.
[[gnu::always_inline]] inline float SumLanes(F32 v) {
#if defined(__AVX512F__)
  v += __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
  v += __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
  v += __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
#elif defined(__AVX__)
  v += __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3);
  v += __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5);
#else
  v += __builtin_shufflevector(v, v, 2, 3, 0, 1);
#endif
  return v[0] + v[1];
}

/// The largest lane; no lane may be NaN.
inline float MaxLane(F32 v) {
  float largest = v[0];
  for (int lane = 1; lane < kLanes; ++lane) largest = largest < v[lane] ? v[lane] : largest;
  return largest;
}

/// Exact.
inline F32 FromBf16(U16 v) { return FromBits(__builtin_convertvector(v, U32) << 16); }

/// To nearest, ties to even; a NaN stays one, made quiet.
inline U16 ToBf16(F32 v) {
  const U32 bits = Bits(v);
  const U32 rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  const U32 quiet = (bits >> 16) | 0x40u;
  return __builtin_convertvector(v == v ? rounded : quiet, U16);
}

/// The first n lanes, n in 1 … kLanes; the others are 0. bf16 is widened.
[[gnu::always_inline]] inline F32 Load(const float* from, int n) {
  return internal::LoadFirst<F32>(from, n);
}
[[gnu::always_inline]] inline I32 Load(const int* from, int n) {
  return internal::LoadFirst<I32>(from, n);
}
[[gnu::always_inline]] inline F32 Load(const bf16* from, int n) {
  return FromBf16(internal::LoadFirst<U16>(from, n));
}

[[gnu::always_inline]] inline I32 Load(const signed char* from, int n) {
  typedef signed char I8 __attribute__((vector_size(kLanes)));
  return __builtin_convertvector(internal::LoadFirst<I8>(from, n), I32);
}

/// Writes the first n lanes only, n in 1 … kLanes. bf16 is rounded by ToBf16.
[[gnu::always_inline]] inline void Store(float* to, F32 v, int n) {
  internal::StoreFirst(to, v, n);
}
[[gnu::always_inline]] inline void Store(bf16* to, F32 v, int n) {
  internal::StoreFirst(to, ToBf16(v), n);
}
[[gnu::always_inline]] inline void Store(unsigned char* to, U8 v, int n) {
  internal::StoreFirst(to, v, n);
}

/// Calls body(i, n) for consecutive groups of n lanes over [begin, end): n is kLanes, and what is
/// left for the last. The body is compiled twice, so that the full one pays nothing for the clipped
/// one.
template <typename Body>
[[gnu::always_inline]] inline void ForLanes(long begin, long end, const Body& body) {
  long i = begin;
  for (; i + kLanes <= end; i += kLanes) body(i, kLanes);
  if (i < end) body(i, static_cast<int>(end - i));
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace simd

/// Blocks of `block` elements that cover `size`, the last one clipped.
constexpr long Blocks(long size, long block) { return (size + block - 1) / block; }
/// Where a block that begins at `begin` ends.
constexpr long Clip(long begin, long block, long size) {
  return begin + block < size ? begin + block : size;
}

}  // namespace kernels
