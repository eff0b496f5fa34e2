// expert_shared: the INT8 SwiGLU MLP that every token passes (kernels.md §10.1; W8A8, weights and
// sums in the order of the V3 golden, which is bit-stable).
//
//   g = (x·W1ᵀ)·xs·s1, u = (x·W3ᵀ)·xs·s3      clamped to swiglu_limit
//   h = silu(g)·u, quantised by row
//   y = (h·W2ᵀ)·hs·s2, rounded to bf16
//
// The stages and their tiles are the original's after its scopes were split:
//   encode[T] → gate[MI/MM_INTER_TILE] ∥ up[…] → act[MI/(ACT_INTER_TILE·ACT_GATE_INNER)] → quant[T]
//     → w2[D/D_OUT_TILE] → w2_act[D/(D_OUT_TILE_ACT·W2_ACT_INNER)]
// Every tile is exact: integer sums and independent columns give the same bits for any of them, and
// the last block of each is clipped. Compile with -ffp-contract=off.
#pragma once

#include "kernels/expert/swiglu_mlp.h"
#include "kernels/spmd.h"

namespace kernels {

struct ExpertSharedArgs {
  const signed char* x_local_i8;  // [T, D]
  const float* x_local_scale_dq;  // [T, 1]
  const signed char* shared_w1;   // [MI, D] gate
  const float* shared_w1_scale;   // [MI]
  const signed char* shared_w3;   // [MI, D] up
  const float* shared_w3_scale;   // [MI]
  const signed char* shared_w2;   // [D, MI] down
  const float* shared_w2_scale;   // [D]
  bf16* sh;                       // [T, D] out
  unsigned char* x_panels;        // scratch: PanelBytes(T, D) + kPanelBytes − 1
  int* gate;                      // scratch: SumsSize(T, MI)
  int* up;                        // scratch: SumsSize(T, MI)
  float* h;                       // scratch [T, MI]
  unsigned char* h_panels;        // scratch: PanelBytes(T, MI) + kPanelBytes − 1
  float* h_scale;                 // scratch [T]
  int* down;                      // scratch: SumsSize(T, D)
  int T;
  int D;
  int MI;
  float swiglu_limit;  // 0: unlimited
};

namespace expert_shared {
inline namespace KERNELS_SIMD_ISA {

inline expert::SwigluMlp Mlp(const ExpertSharedArgs& a) {
  return {.x = a.x_local_i8,
          .x_scale = a.x_local_scale_dq,
          .w1 = a.shared_w1,
          .w1_scale = a.shared_w1_scale,
          .w3 = a.shared_w3,
          .w3_scale = a.shared_w3_scale,
          .w2 = a.shared_w2,
          .w2_scale = a.shared_w2_scale,
          .y = a.sh,
          .x_panels = simd::AlignPanels(a.x_panels),
          .gate = a.gate,
          .up = a.up,
          .h = a.h,
          .h_panels = simd::AlignPanels(a.h_panels),
          .h_scale = a.h_scale,
          .down = a.down,
          .rows = a.T,
          .D = a.D,
          .MI = a.MI,
          .limit = a.swiglu_limit};
}

// Runs body(begin, end) for column blocks of kTile, kInner of them per task.
template <int kTile, int kInner, typename Body>
void ForColumns(long size, const Body& body) {
  spmd(Blocks(size, long{kTile} * kInner),
       [&](long task) { expert::ForSteps<kTile, kInner>(task, size, body); });
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace expert_shared

/// kTiles: MM_INTER_TILE weight rows of W1 and W3 per task, K_TILE bytes of their rows per step;
/// ACT_INTER_TILE columns per activation step, ACT_GATE_INNER steps per task; QUANT_TILE columns
/// per quantisation step; D_OUT_TILE rows of W2 per task, INTER_K bytes of them per step;
/// D_OUT_TILE_ACT columns per output step, W2_ACT_INNER steps per task. K_TILE, INTER_K and
/// QUANT_TILE are multiples of 64, the other tiles of columns or rows of 16. Scratch may hold
/// anything before and holds the stages' results afterwards.
template <auto kTiles>
void ExpertShared(const ExpertSharedArgs& a) {
  const expert::SwigluMlp m = expert_shared::Mlp(a);
  spmd(m.rows, [&](long row) { expert::EncodeRow(m, row); });

  const simd::Int8MatMul gate = expert::GateProduct(m), up = expert::UpProduct(m);
  const long blocks = Blocks(m.MI, kTiles.MM_INTER_TILE);
  spmd(2 * blocks, [&](long task) {
    simd::MatMulRows<kTiles.MM_INTER_TILE, kTiles.K_TILE>(task < blocks ? gate : up,
                                                          task % blocks * kTiles.MM_INTER_TILE);
  });

  expert_shared::ForColumns<kTiles.ACT_INTER_TILE, kTiles.ACT_GATE_INNER>(
      m.MI, [&](long begin, long end) { expert::Activate(m, begin, end); });
  spmd(m.rows, [&](long row) { expert::QuantiseRow<kTiles.QUANT_TILE>(m, row); });

  const simd::Int8MatMul down = expert::DownProduct(m);
  spmd(Blocks(m.D, kTiles.D_OUT_TILE), [&](long task) {
    simd::MatMulRows<kTiles.D_OUT_TILE, kTiles.INTER_K>(down, task * kTiles.D_OUT_TILE);
  });
  expert_shared::ForColumns<kTiles.D_OUT_TILE_ACT, kTiles.W2_ACT_INNER>(
      m.D, [&](long begin, long end) { expert::DequantiseDown(m, begin, end); });
}

}  // namespace kernels
