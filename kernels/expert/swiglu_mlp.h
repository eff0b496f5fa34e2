// The stages of an expert's INT8 SwiGLU MLP over the rows it gets (kernels.md §10.1), which the
// shared and the routed experts have in common:
//   encode[row] → gate ∥ up → act[columns] → quant[row] → w2 → w2_act[columns]
// Integer sums and independent columns: whatever the tiles, the same bits. The products themselves
// are simd::MatMulRows() of the three Int8MatMul below. Compile with -ffp-contract=off.
#pragma once

#include "kernels/simd/exp.h"
#include "kernels/simd/int8_matmul.h"
#include "kernels/simd/panel_codes.h"
#include "kernels/simd/quantise.h"
#include "kernels/spmd.h"

namespace kernels::expert {

/// One expert, its rows and the scratch of both; owns nothing.
struct SwigluMlp {
  const signed char* x;     // [rows, D]
  const float* x_scale;     // [rows]
  const signed char* w1;    // [MI, D] gate
  const float* w1_scale;    // [MI]
  const signed char* w3;    // [MI, D] up
  const float* w3_scale;    // [MI]
  const signed char* w2;    // [D, MI] down
  const float* w2_scale;    // [D]
  bf16* y;                  // [rows, D]
  unsigned char* x_panels;  // PanelBytes(rows, D), aligned
  int* gate;                // SumsSize(rows, MI)
  int* up;                  // SumsSize(rows, MI)
  float* h;                 // [rows, MI]
  unsigned char* h_panels;  // PanelBytes(rows, MI), aligned
  float* h_scale;           // [rows]
  int* down;                // SumsSize(rows, D)
  long rows;
  long D;
  long MI;
  float limit;  // of gate and up; 0: none
};

inline namespace KERNELS_SIMD_ISA {

using simd::F32;

inline simd::Int8MatMul GateProduct(const SwigluMlp& m) {
  return {m.x_panels, m.w1, m.gate, m.rows, m.MI, m.D};
}
inline simd::Int8MatMul UpProduct(const SwigluMlp& m) {
  return {m.x_panels, m.w3, m.up, m.rows, m.MI, m.D};
}
inline simd::Int8MatMul DownProduct(const SwigluMlp& m) {
  return {m.h_panels, m.w2, m.down, m.rows, m.D, m.MI};
}

/// Row `row` of x into its panel.
inline void EncodeRow(const SwigluMlp& m, long row) {
  for (long k = 0; k < m.D; k += simd::kPanelBytes) {
    unsigned char* to = simd::PanelAt(m.x_panels, row, k, m.D);
    const long n = Clip(k, simd::kPanelBytes, m.D) - k;
    for (long i = 0; i < n; ++i) {
      to[i] = static_cast<unsigned char>(m.x[row * m.D + k + i] ^ simd::Dot::kFlip);
    }
  }
}

namespace internal {

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

}  // namespace internal

/// Columns [begin, end) of h, all rows.
inline void Activate(const SwigluMlp& m, long begin, long end) {
  for (long row = 0; row < m.rows; ++row) {
    const float x_scale = m.x_scale[row];
    simd::ForLanes(
        begin, end, [&](long i, int n) __attribute__((always_inline)) {
          const int* gates = simd::SumsAt(m.gate, row, i, m.MI);
          const int* ups = simd::SumsAt(m.up, row, i, m.MI);
          const F32 gate = internal::Dequantise(gates, x_scale, m.w1_scale + i, n);
          const F32 up = internal::Dequantise(ups, x_scale, m.w3_scale + i, n);
          simd::Store(m.h + row * m.MI + i, internal::Swiglu(gate, up, m.limit), n);
        });
  }
}

/// One row of h to codes and its scale: q = rint(v · 127/amax), dequantised by the reciprocal of
/// that quotient.
template <int kTile>
void QuantiseRow(const SwigluMlp& m, long row) {
  static_assert(kTile > 0 && kTile % simd::kPanelBytes == 0, "a block is a number of panel steps");
  const float* h = m.h + row * m.MI;
  F32 largest = simd::LeastAmax();
  for (long i = 0; i < m.MI; i += kTile) {
    largest = simd::AbsMax(h, i, Clip(i, kTile, m.MI), largest);
  }
  const float scale = 127.0f / simd::MaxLane(largest);
  for (long i = 0; i < m.MI; i += kTile) {
    simd::EncodePanel(h, row, i, Clip(i, kTile, m.MI), scale, m.h_panels, m.MI);
  }
  m.h_scale[row] = 1.0f / scale;
}

/// Columns [begin, end) of y, all rows.
inline void DequantiseDown(const SwigluMlp& m, long begin, long end) {
  for (long row = 0; row < m.rows; ++row) {
    simd::ForLanes(
        begin, end, [&](long i, int n) __attribute__((always_inline)) {
          const int* sums = simd::SumsAt(m.down, row, i, m.D);
          simd::Store(m.y + row * m.D + i,
                      internal::Dequantise(sums, m.h_scale[row], m.w2_scale + i, n), n);
        });
  }
}

/// Runs body(begin, end) for the steps of kTile columns that make task `task` of kInner steps.
template <int kTile, int kInner, typename Body>
void ForSteps(long task, long size, const Body& body) {
  static_assert(kTile > 0 && kTile % simd::kDotRows == 0, "a step is a number of dot blocks");
  static_assert(kInner > 0, "a task has steps");
  for (long inner = task * kInner; inner < (task + 1) * kInner && inner * kTile < size; ++inner) {
    body(inner * kTile, Clip(inner * kTile, kTile, size));
  }
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace kernels::expert
