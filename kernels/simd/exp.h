// e^x by lanes.
#pragma once

#include "kernels/simd/vec.h"

namespace kernels::simd {
inline namespace KERNELS_SIMD_ISA {

/// At most 2 ulp from e^x where that is normal; inf above 88.73, denormal and then 0 below −87.34,
/// NaN for NaN.
inline F32 Exp(F32 x) {
  // x = n·ln2 + r with |r| <= ln2/2, so e^x = 2^n·e^r. The ends are where two steps of scaling are
  // sure to give inf and 0.
  x = x < -105.0f ? F32{} - 105.0f : x;
  x = x > 90.0f ? F32{} + 90.0f : x;
  constexpr float kRound = 12582912.0f;  // 1.5·2^23: adding it rounds to a whole number
  const F32 shifted = x * 1.44269504f + kRound;
  const F32 n = shifted - kRound;
  // ln2 in two parts; the first has 9 bits, so n times it is exact.
  const F32 r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  F32 p = F32{} + 1.0f / 5040;  // Taylor; the next term, r^8/40320, is below 6e-9
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r * r + r + 1.0f;
  // 2^n may be out of range where e^x is not; 2^(n/2) never is. n as an integer is what it added to
  // the bits of kRound, which holds for NaN too, where converting would be undefined.
  const I32 whole = __builtin_bit_cast(I32, Bits(shifted) - Bits(F32{} + kRound));
  const I32 half = whole >> 1;
  const I32 rest = whole - half;
  return p * FromBits(__builtin_bit_cast(U32, half + 127) << 23) *
         FromBits(__builtin_bit_cast(U32, rest + 127) << 23);
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace kernels::simd
