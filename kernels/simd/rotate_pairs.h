// RoPE on interleaved pairs (kernels.md §0.4, P6) by lanes:
//
//   y[j] = x[j]·c[j/2] + x[j^1]·(±s[j/2])      − for even j, + for odd j
//
// The sign is folded into the table, which is exact. Bit-identical to the form by pairs as long as
// no multiply-add is contracted: compile with -ffp-contract=off.
#pragma once

#include "kernels/simd/vec.h"

namespace kernels::simd {
inline namespace KERNELS_SIMD_ISA {

/// Angles of kPairs pairs by column, the sine with its column's sign.
template <int kPairs>
struct PairAngles {
  float cos[2 * kPairs];
  float sin[2 * kPairs];
};

[[gnu::always_inline]] inline float Widen(float value) { return value; }
[[gnu::always_inline]] inline float Widen(bf16 value) {
  return __builtin_bit_cast(float, unsigned{value.bits} << 16);
}

/// From kPairs cosines and sines, in FP32 or bf16.
template <int kPairs, typename Number>
inline void InterleaveAngles(const Number* cos, const Number* sin, PairAngles<kPairs>* angles) {
  for (int i = 0; i < kPairs; ++i) {
    angles->cos[2 * i] = angles->cos[2 * i + 1] = Widen(cos[i]);
    angles->sin[2 * i] = -Widen(sin[i]);
    angles->sin[2 * i + 1] = Widen(sin[i]);
  }
}

/// Each lane's neighbour: 1 0 3 2 …
inline F32 SwapPairs(F32 v) {
#if defined(__AVX512F__)
  return __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
#elif defined(__AVX__)
  return __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6);
#else
  return __builtin_shufflevector(v, v, 1, 0, 3, 2);
#endif
}

/// Rotates columns [begin, end) of a row of 2·kPairs from x to y, f32 or bf16; begin and end are
/// even. x and y may be the same.
template <int kPairs, typename To>
inline void RotatePairs(const float* x, const PairAngles<kPairs>& angles, long begin, long end,
                        To* y) {
  ForLanes(
      begin, end, [&](long j, int n) __attribute__((always_inline)) {
        const F32 v = Load(x + j, n);
        Store(y + j, v * Load(angles.cos + j, n) + SwapPairs(v) * Load(angles.sin + j, n), n);
      });
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace kernels::simd
