// FP32 rows to INT8 codes (P2 of kernels.md §0.3) in the panels that the dot products read.
#pragma once

#include "kernels/simd/int8_matmul.h"

namespace kernels::simd {
inline namespace KERNELS_SIMD_ISA {

/// Elements [begin, end) of a row as rint(v · scale), as the codes of `token` in the panels of rows
/// of K; begin is a multiple of kPanelBytes, |v · scale| at most 127.5.
inline void EncodePanel(const float* row, long token, long begin, long end, float scale,
                        unsigned char* panels, long K) {
  ForLanes(
      begin, end, [&](long i, int n) __attribute__((always_inline)) {
        // 1.5·2^23: adding it rounds to the nearest whole number, ties to even, and leaves that
        // number in the lowest bits.
        const F32 rounded = Load(row + i, n) * scale + 12582912.0f;
        const U32 code = (Bits(rounded) ^ unsigned{Dot::kFlip}) & 0xffu;
        Store(PanelAt(panels, token, i, K), __builtin_convertvector(code, U8), n);
      });
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace kernels::simd
