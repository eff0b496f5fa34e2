// bf16_gemm, bf16_gemm_kn: bf16 tokens times a bf16 weight, summed in FP32 (kernels.md §13.7).
//
// bf16_gemm takes the weight as [N, K], bf16_gemm_kn as [K, N] (wq_a, wkv). Products of bf16 are
// exact in FP32 and only the sums round. M_TILE and N_TILE are exact; K_TILE reorders the sums of
// bf16_gemm, while bf16_gemm_kn continues each output's chain and gives the same bits.
#pragma once

#include "kernels/simd/float_matmul.h"
#include "kernels/spmd.h"

namespace kernels {

struct Bf16GemmArgs {
  const bf16* a;  // [M, K]
  const bf16* w;  // [N, K]; bf16_gemm_kn: [K, N]
  float* y;       // [M, N] out
  int M;
  int N;
  int K;
};

namespace bf16_gemm {

// Calls body(tokens, columns, k, add) for every block of the tiles.
template <auto kTiles, typename Body>
void ForBlocks(const Bf16GemmArgs& a, const Body& body) {
  static_assert(kTiles.M_TILE > 0 && kTiles.N_TILE > 0 && kTiles.K_TILE > 0, "tiles are positive");
  const long rows = Blocks(a.M, kTiles.M_TILE);
  spmd(rows * Blocks(a.N, kTiles.N_TILE), [&](long task) {
    const long m = task % rows * kTiles.M_TILE, n = task / rows * kTiles.N_TILE;
    const simd::Range tokens{m, Clip(m, kTiles.M_TILE, a.M)};
    const simd::Range columns{n, Clip(n, kTiles.N_TILE, a.N)};
    for (long k = 0; k < a.K; k += kTiles.K_TILE) {
      body(tokens, columns, simd::Range{k, Clip(k, kTiles.K_TILE, a.K)}, k > 0);
    }
  });
}

}  // namespace bf16_gemm

/// kTiles: M_TILE tokens × N_TILE weight rows per task, K_TILE of their elements per step.
template <auto kTiles>
void Bf16Gemm(const Bf16GemmArgs& a) {
  const simd::FloatMatMul<bf16, bf16> product{a.a, a.K, a.w, a.K, a.y, a.N};
  bf16_gemm::ForBlocks<kTiles>(a, [&](auto tokens, auto columns, auto k, bool add) {
    simd::MultiplyOutputFirst(product, tokens, columns, k, add);
  });
}

/// kTiles: M_TILE tokens × N_TILE columns per task, K_TILE weight rows per step.
template <auto kTiles>
void Bf16GemmKN(const Bf16GemmArgs& a) {
  const simd::FloatMatMul<bf16, bf16> product{a.a, a.K, a.w, a.N, a.y, a.N};
  bf16_gemm::ForBlocks<kTiles>(a, [&](auto tokens, auto columns, auto k, bool add) {
    simd::MultiplyInputFirst(product, tokens, columns, k, add);
  });
}

}  // namespace kernels
