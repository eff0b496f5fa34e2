// int8_gemm, int8_gemm_kn: INT8 tokens times an INT8 weight, dequantised (kernels.md §13.6).
//
//   y = bf16((float(Σ_k a·w) · a_scale) · w_scale)      the sum in int32, P4, P1
//
// int8_gemm takes the weight as [N, K] (K-contiguous: the experts', wo_b), int8_gemm_kn as [K, N]
// (wq_b). All tiles are exact, and the last block of each is clipped.
#pragma once

#include "kernels/simd/int8_matmul_kn.h"
#include "kernels/spmd.h"

namespace kernels {

struct Int8GemmArgs {
  const signed char* a;   // [M, K]
  const float* a_scale;   // [M, 1]
  const signed char* w;   // [N, K]; int8_gemm_kn: [K, N]
  const float* w_scale;   // [N]
  bf16* y;                // [M, N] out
  unsigned char* panels;  // scratch, int8_gemm only: PanelBytes(M, K) + kPanelBytes − 1
  int* sums;              // scratch: SumsSize(M, N)
  int M;
  int N;
  int K;
};

namespace int8_gemm {
inline namespace KERNELS_SIMD_ISA {

inline void EncodeRow(const Int8GemmArgs& a, unsigned char* panels, long m) {
  for (long k = 0; k < a.K; k += simd::kPanelBytes) {
    unsigned char* to = simd::PanelAt(panels, m, k, a.K);
    const long n = Clip(k, simd::kPanelBytes, a.K) - k;
    for (long i = 0; i < n; ++i) {
      to[i] = static_cast<unsigned char>(a.a[m * a.K + k + i] ^ simd::Dot::kFlip);
    }
  }
}

// Columns [begin, end) of all rows.
inline void Dequantise(const Int8GemmArgs& a, long begin, long end) {
  for (long m = 0; m < a.M; ++m) {
    simd::ForLanes(
        begin, end, [&](long i, int n) __attribute__((always_inline)) {
          const simd::F32 sums = simd::ToF32(simd::Load(simd::SumsAt(a.sums, m, i, a.N), n));
          simd::Store(a.y + m * a.N + i, sums * a.a_scale[m] * simd::Load(a.w_scale + i, n), n);
        });
  }
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace int8_gemm

/// kTiles: N_TILE weight rows per task, a multiple of 16; K_TILE bytes of them per step, a multiple
/// of 64.
template <auto kTiles>
void Int8Gemm(const Int8GemmArgs& a) {
  unsigned char* panels = simd::AlignPanels(a.panels);
  spmd(a.M, [&](long m) { int8_gemm::EncodeRow(a, panels, m); });
  const simd::Int8MatMul product{panels, a.w, a.sums, a.M, a.N, a.K};
  spmd(Blocks(a.N, kTiles.N_TILE), [&](long task) {
    const long n = task * kTiles.N_TILE;
    simd::MatMulRows<kTiles.N_TILE, kTiles.K_TILE>(product, n);
    int8_gemm::Dequantise(a, n, Clip(n, kTiles.N_TILE, a.N));
  });
}

/// kTiles: N_TILE columns per task, a multiple of 16; K_TILE weight rows per step, a multiple of 4.
template <auto kTiles>
void Int8GemmKN(const Int8GemmArgs& a) {
  const simd::Int8MatMulKN product{a.a, a.w, a.sums, a.M, a.N, a.K};
  spmd(Blocks(a.N, kTiles.N_TILE), [&](long task) {
    const long n = task * kTiles.N_TILE;
    simd::MatMulColumns<kTiles.N_TILE, kTiles.K_TILE>(product, n);
    int8_gemm::Dequantise(a, n, Clip(n, kTiles.N_TILE, a.N));
  });
}

}  // namespace kernels
