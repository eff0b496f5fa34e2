// P2 of kernels.md §0.3 by lanes: FP32 rows to INT8 codes. Exact for any blocking: the largest of a
// row is the same in any order.
#pragma once

#include "kernels/simd/vec.h"

namespace kernels::simd {
inline namespace KERNELS_SIMD_ISA {

/// The least amax of a row, in every lane: where AbsMax() begins.
inline F32 LeastAmax() { return F32{} + 1e-4f; }

/// By lanes, the larger of `largest` and every |v| of [begin, end).
inline F32 AbsMax(const float* v, long begin, long end, F32 largest) {
  ForLanes(
      begin, end, [&](long i, int n) __attribute__((always_inline)) {
        largest = Max(largest, Abs(Load(v + i, n)));
      });
  return largest;
}

/// The first n lanes of v · scale to codes, ties to even. |v · scale| is at most 127.5.
[[gnu::always_inline]] inline void StoreCodes(signed char* codes, F32 v, float scale, int n) {
  // 1.5·2^23: adding it rounds to a whole number, and leaves that in the lowest bits.
  const U32 code = Bits(v * scale + 12582912.0f) & 0xffu;
  Store(reinterpret_cast<unsigned char*>(codes), __builtin_convertvector(code, U8), n);
}

/// codes[i] = rint(v[i] · scale) for [begin, end), scale = 127 / amax.
inline void QuantiseColumns(const float* v, long begin, long end, float scale, signed char* codes) {
  ForLanes(
      begin, end, [&](long i, int n) __attribute__((always_inline)) {
        StoreCodes(codes + i, Load(v + i, n), scale, n);
      });
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace kernels::simd
