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

#include "kernels/simd/exp.h"
#include "kernels/simd/int8_matmul.h"
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

using simd::F32;

// (sum · row scale) · column scale, in that association.
inline F32 Dequantise(const int* sums, float row_scale, const float* column_scales, int n) {
  return simd::ToF32(simd::Load(sums, n)) * row_scale * simd::Load(column_scales, n);
}

inline F32 Swiglu(F32 gate, F32 up, float limit) {
  if (limit > 0) {
    gate = simd::Min(gate, F32{} + limit);
    up = simd::Max(simd::Min(up, F32{} + limit), F32{} - limit);
  }
  return gate * (1.0f / (1.0f + simd::Exp(-gate))) * up;
}

// Columns [begin, end) of h.
inline void Activate(const ExpertSharedArgs& a, long begin, long end) {
  for (long t = 0; t < a.T; ++t) {
    const float x_scale = a.x_local_scale_dq[t];
    simd::ForLanes(
        begin, end, [&](long i, int n) __attribute__((always_inline)) {
          const int* gates = simd::SumsAt(a.gate, t, i, a.MI);
          const int* ups = simd::SumsAt(a.up, t, i, a.MI);
          const F32 gate = Dequantise(gates, x_scale, a.shared_w1_scale + i, n);
          const F32 up = Dequantise(ups, x_scale, a.shared_w3_scale + i, n);
          simd::Store(a.h + t * a.MI + i, Swiglu(gate, up, a.swiglu_limit), n);
        });
  }
}

// Columns [begin, end) of the output.
inline void DequantiseDown(const ExpertSharedArgs& a, long begin, long end) {
  for (long t = 0; t < a.T; ++t) {
    simd::ForLanes(
        begin, end, [&](long i, int n) __attribute__((always_inline)) {
          const int* sums = simd::SumsAt(a.down, t, i, a.D);
          simd::Store(a.sh + t * a.D + i, Dequantise(sums, a.h_scale[t], a.shared_w2_scale + i, n),
                      n);
        });
  }
}

inline void EncodeToken(const ExpertSharedArgs& a, unsigned char* panels, long t) {
  for (long k = 0; k < a.D; k += simd::kPanelBytes) {
    unsigned char* to = simd::PanelAt(panels, t, k, a.D);
    const long n = Clip(k, simd::kPanelBytes, a.D) - k;
    for (long i = 0; i < n; ++i) {
      to[i] = static_cast<unsigned char>(a.x_local_i8[t * a.D + k + i] ^ simd::Dot::kFlip);
    }
  }
}

inline F32 AbsMax(const float* v, long begin, long end, F32 largest) {
  simd::ForLanes(
      begin, end, [&](long i, int n) __attribute__((always_inline)) {
        largest = simd::Max(largest, simd::Abs(simd::Load(v + i, n)));
      });
  return largest;
}

// Columns [begin, end) of a row of h as codes; begin is a multiple of kPanelBytes.
inline void Encode(const float* row, long token, long begin, long end, float scale,
                   unsigned char* panels, long K) {
  simd::ForLanes(
      begin, end, [&](long i, int n) __attribute__((always_inline)) {
        // 1.5·2^23: adding it rounds to the nearest whole number, ties to even, and leaves that
        // number in the lowest bits.
        const F32 rounded = simd::Load(row + i, n) * scale + 12582912.0f;
        const simd::U32 code = (simd::Bits(rounded) ^ unsigned{simd::Dot::kFlip}) & 0xffu;
        simd::Store(simd::PanelAt(panels, token, i, K), __builtin_convertvector(code, simd::U8), n);
      });
}

// One row of h to codes and its scale: q = rint(v · 127/amax), dequantised by the reciprocal of
// that quotient.
template <int kTile>
void QuantiseToken(const ExpertSharedArgs& a, unsigned char* panels, long t) {
  static_assert(kTile > 0 && kTile % simd::kPanelBytes == 0, "a block is a number of panel steps");
  const float* row = a.h + t * a.MI;
  F32 largest = F32{} + 1e-4f;
  for (long i = 0; i < a.MI; i += kTile) largest = AbsMax(row, i, Clip(i, kTile, a.MI), largest);
  const float scale = 127.0f / simd::MaxLane(largest);
  for (long i = 0; i < a.MI; i += kTile) {
    Encode(row, t, i, Clip(i, kTile, a.MI), scale, panels, a.MI);
  }
  a.h_scale[t] = 1.0f / scale;
}

// Runs body(begin, end) for column blocks of kTile, kInner of them per task.
template <int kTile, int kInner, typename Body>
void ForColumns(long size, const Body& body) {
  static_assert(kTile > 0 && kTile % simd::kDotRows == 0, "a step is a number of dot blocks");
  static_assert(kInner > 0, "a task has steps");
  spmd(Blocks(size, long{kTile} * kInner), [&](long task) {
    for (long inner = task * kInner; inner < (task + 1) * kInner && inner * kTile < size; ++inner) {
      body(inner * kTile, Clip(inner * kTile, kTile, size));
    }
  });
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
  unsigned char* x_panels = simd::AlignPanels(a.x_panels);
  unsigned char* h_panels = simd::AlignPanels(a.h_panels);
  spmd(a.T, [&](long t) { expert_shared::EncodeToken(a, x_panels, t); });

  const simd::Int8MatMul gate{x_panels, a.shared_w1, a.gate, a.T, a.MI, a.D};
  const simd::Int8MatMul up{x_panels, a.shared_w3, a.up, a.T, a.MI, a.D};
  const long blocks = Blocks(a.MI, kTiles.MM_INTER_TILE);
  spmd(2 * blocks, [&](long task) {
    simd::MatMulRows<kTiles.MM_INTER_TILE, kTiles.K_TILE>(task < blocks ? gate : up,
                                                          task % blocks * kTiles.MM_INTER_TILE);
  });

  expert_shared::ForColumns<kTiles.ACT_INTER_TILE, kTiles.ACT_GATE_INNER>(
      a.MI, [&](long begin, long end) { expert_shared::Activate(a, begin, end); });
  spmd(a.T, [&](long t) { expert_shared::QuantiseToken<kTiles.QUANT_TILE>(a, h_panels, t); });

  const simd::Int8MatMul down{h_panels, a.shared_w2, a.down, a.T, a.D, a.MI};
  spmd(Blocks(a.D, kTiles.D_OUT_TILE), [&](long task) {
    simd::MatMulRows<kTiles.D_OUT_TILE, kTiles.INTER_K>(down, task * kTiles.D_OUT_TILE);
  });
  expert_shared::ForColumns<kTiles.D_OUT_TILE_ACT, kTiles.W2_ACT_INNER>(
      a.D, [&](long begin, long end) { expert_shared::DequantiseDown(a, begin, end); });
}

}  // namespace kernels
