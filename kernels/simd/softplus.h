// softplus by lanes, with its tail.
#pragma once

#include "kernels/simd/exp.h"

namespace kernels::simd {
inline namespace KERNELS_SIMD_ISA {

/// log(1 + u) for u in [0, 1], at most 4 ulp away, however small u is: log(1 + u) itself would give
/// 0 below 2^-24.
inline F32 Log1pOfUnit(F32 u) {
  // 2·atanh(z) with z = u/(2 + u) <= 1/3; the first term left out, z^19/19, is below 2e-11.
  const F32 z = u / (2.0f + u);
  const F32 square = z * z;
  F32 p = F32{} + 1.0f / 17;
  for (int n = 15; n >= 1; n -= 2) p = p * square + 1.0f / static_cast<float>(n);
  return 2.0f * z * p;
}

/// max(x, 0) + log1p(exp(−|x|)).
inline F32 Softplus(F32 x) { return Max(x, F32{}) + Log1pOfUnit(Exp(-Abs(x))); }

}  // namespace KERNELS_SIMD_ISA
}  // namespace kernels::simd
