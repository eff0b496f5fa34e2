// expert_routed: each local expert's INT8 SwiGLU MLP over the rows that were sent to it (kernels.md
// §10.2). Per expert e and row r < recv_expert_count[e], as expert_shared, but for the end:
//
//   y = (h·W2ᵀ)·(hs·recv_weight)·s2, the product of the two row scales first, rounded to bf16
//
// Rows from the count on are 0. Stages, each over all experts that have rows:
//   encode ∥ zero-fill[row] → gate ∥ up[blocks of MI] → act → quant[row] → w2[blocks of D] → w2_act
//
// Loads are uneven: an expert may have no row, or all. A task is a block of columns of one expert,
// and the experts' blocks of the same columns follow each other, so that equal shares of the tasks
// are equal shares of every expert's work. A block's weights are read from memory once: its rows
// pass in tiles of RECV_TILE while it stays in L2. Every tile is exact, and the last block of each
// is clipped. Compile with -ffp-contract=off.
#pragma once

#include "kernels/expert/swiglu_mlp.h"
#include "kernels/spmd.h"

namespace kernels {

struct ExpertRoutedArgs {
  const signed char* recv_x;     // [E_LOC, RECV_MAX, D]
  const float* recv_scale_dq;    // [E_LOC, RECV_MAX]
  const float* recv_weights;     // [E_LOC, RECV_MAX]
  const int* recv_expert_count;  // [E_LOC, 1] rows of an expert, 0 … RECV_MAX
  const signed char* routed_w1;  // [E_LOC, MI, D] gate
  const float* routed_w1_scale;  // [E_LOC, MI]
  const signed char* routed_w3;  // [E_LOC, MI, D] up
  const float* routed_w3_scale;  // [E_LOC, MI]
  const signed char* routed_w2;  // [E_LOC, D, MI] down
  const float* routed_w2_scale;  // [E_LOC, D]
  bf16* recv_y;                  // [E_LOC, RECV_MAX, D] out
  unsigned char* x_panels;       // scratch: E_LOC · PanelBytes(RECV_MAX, D) + kPanelBytes − 1
  int* gate;                     // scratch: E_LOC · SumsSize(RECV_MAX, MI)
  int* up;                       // scratch: E_LOC · SumsSize(RECV_MAX, MI)
  float* h;                      // scratch [E_LOC, RECV_MAX, MI]
  unsigned char* h_panels;       // scratch: E_LOC · PanelBytes(RECV_MAX, MI) + kPanelBytes − 1
  float* h_scale;                // scratch [E_LOC, RECV_MAX]
  int* down;                     // scratch: E_LOC · SumsSize(RECV_MAX, D)
  int* active;                   // scratch [E_LOC]: the experts that have rows
  int E_LOC;
  int RECV_MAX;
  int D;
  int MI;
  float swiglu_limit;  // 0: unlimited
};

namespace expert_routed {
inline namespace KERNELS_SIMD_ISA {

using expert::SwigluMlp;
using simd::Int8MatMul;

// Expert e with its rows and its part of the scratch.
inline SwigluMlp Mlp(const ExpertRoutedArgs& a, long e) {
  const long row = e * a.RECV_MAX, weights = e * a.MI * a.D;
  const long sums = e * simd::SumsSize(a.RECV_MAX, a.MI);
  return {.x = a.recv_x + row * a.D,
          .x_scale = a.recv_scale_dq + row,
          .w1 = a.routed_w1 + weights,
          .w1_scale = a.routed_w1_scale + e * a.MI,
          .w3 = a.routed_w3 + weights,
          .w3_scale = a.routed_w3_scale + e * a.MI,
          .w2 = a.routed_w2 + weights,
          .w2_scale = a.routed_w2_scale + e * a.D,
          .y = a.recv_y + row * a.D,
          .x_panels = simd::AlignPanels(a.x_panels) + e * simd::PanelBytes(a.RECV_MAX, a.D),
          .gate = a.gate + sums,
          .up = a.up + sums,
          .h = a.h + row * a.MI,
          .h_panels = simd::AlignPanels(a.h_panels) + e * simd::PanelBytes(a.RECV_MAX, a.MI),
          .h_scale = a.h_scale + row,
          .down = a.down + e * simd::SumsSize(a.RECV_MAX, a.D),
          .rows = a.recv_expert_count[e],
          .D = a.D,
          .MI = a.MI,
          .limit = a.swiglu_limit};
}

// Lists the experts that have rows. Returns how many there are.
inline long ListActive(const ExpertRoutedArgs& a) {
  long active = 0;
  for (int e = 0; e < a.E_LOC; ++e) {
    if (a.recv_expert_count[e] > 0) a.active[active++] = e;
  }
  return active;
}

// Runs body(mlp, row) for every row of every expert, with or without contents.
template <typename Body>
void ForRows(const ExpertRoutedArgs& a, const Body& body) {
  spmd(long{a.E_LOC} * a.RECV_MAX,
       [&](long task) { body(Mlp(a, task / a.RECV_MAX), task % a.RECV_MAX); });
}

// Runs body(mlp, begin, end) for the columns of every active expert, kInner steps of kTile per task.
template <int kTile, int kInner, typename Body>
void ForColumns(const ExpertRoutedArgs& a, long active, long size, const Body& body) {
  spmd(Blocks(size, long{kTile} * kInner) * active, [&](long task) {
    const SwigluMlp m = Mlp(a, a.active[task % active]);
    expert::ForSteps<kTile, kInner>(task / active, size,
                                    [&](long begin, long end) { body(m, begin, end); });
  });
}

inline void ZeroRow(bf16* row, long size) {
  simd::ForLanes(
      0, size, [&](long i, int n) __attribute__((always_inline)) {
        simd::Store(row + i, simd::F32{}, n);
      });
}

// Rows [begin, begin + kRecvTile) of a product, clipped; begin is a multiple of kPanelTokens.
template <int kRecvTile>
Int8MatMul RowTile(const Int8MatMul& m, long begin) {
  static_assert(kRecvTile > 0 && kRecvTile % simd::kPanelTokens == 0, "a tile is whole panels");
  return {m.panels + simd::PanelBytes(begin, m.K), m.weights, m.sums + simd::SumsSize(begin, m.N),
          Clip(begin, kRecvTile, m.T) - begin,     m.N,       m.K};
}

// Weight rows [n0, n0 + kRows) with all rows of x, tile by tile.
template <int kRows, int kKTile, int kRecvTile>
void MultiplyBlock(const Int8MatMul& m, long n0, const signed char* following) {
  for (long row = 0; row < m.T; row += kRecvTile) {
    const bool last = row + kRecvTile >= m.T;
    simd::MatMulRows<kRows, kKTile>(RowTile<kRecvTile>(m, row), n0,
                                    last ? following : m.weights + n0 * m.K);
  }
}

// The products of all active experts: product(e, matrix) of `matrices` matrices of N rows each, in
// tasks of kInner blocks of kRows weight rows.
template <int kRows, int kInner, int kKTile, int kRecvTile, typename Product>
void Multiply(const ExpertRoutedArgs& a, long active, long matrices, long N,
              const Product& product) {
  const long blocks = Blocks(N, long{kRows} * kInner), tasks = matrices * blocks * active;
  const auto matrix = [&](long task) {
    return product(Mlp(a, a.active[task % active]), task / active / blocks);
  };
  const auto begin = [&](long task) { return task / active % blocks * kInner * kRows; };
  spmd(tasks, [&](long task) {
    const Int8MatMul m = matrix(task);
    const long next = task + 1 < tasks ? task + 1 : task;
    const Int8MatMul after = matrix(next);
    const long end = Clip(begin(task), long{kRows} * kInner, N);
    for (long n = begin(task); n < end; n += kRows) {
      const signed char* following =
          n + kRows < end ? m.weights + (n + kRows) * m.K : after.weights + begin(next) * m.K;
      MultiplyBlock<kRows, kKTile, kRecvTile>(m, n, following);
    }
  });
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace expert_routed

/// kTiles: RECV_TILE rows pass a block of weights together; MM_INTER_TILE rows of W1 and W3 per step,
/// MM_GATE_INNER steps per task, K_TILE bytes of their rows at a time; ACT_INTER_TILE columns per
/// activation step, ACT_GATE_INNER steps per task; QUANT_TILE columns per quantisation step;
/// D_OUT_TILE rows of W2 per step, W2_INNER steps per task, INTER_K bytes of them at a time;
/// D_OUT_TILE_ACT columns per output step, W2_ACT_INNER steps per task. RECV_TILE is a multiple of
/// 8; K_TILE, INTER_K and QUANT_TILE are of 64, the other tiles of columns or weight rows of 16.
/// Scratch may hold anything before.
template <auto kTiles>
void ExpertRouted(const ExpertRoutedArgs& a) {
  using expert::SwigluMlp;
  const long active = expert_routed::ListActive(a);
  expert_routed::ForRows(a, [](const SwigluMlp& m, long row) {
    if (row < m.rows) expert::EncodeRow(m, row);
    else expert_routed::ZeroRow(m.y + row * m.D, m.D);
  });
  expert_routed::Multiply<kTiles.MM_INTER_TILE, kTiles.MM_GATE_INNER, kTiles.K_TILE,
                          kTiles.RECV_TILE>(
      a, active, 2, a.MI, [](const SwigluMlp& m, long matrix) {
        return matrix == 0 ? expert::GateProduct(m) : expert::UpProduct(m);
      });
  expert_routed::ForColumns<kTiles.ACT_INTER_TILE, kTiles.ACT_GATE_INNER>(
      a, active, a.MI,
      [](const SwigluMlp& m, long begin, long end) { expert::Activate(m, begin, end); });
  expert_routed::ForRows(a, [&](const SwigluMlp& m, long row) {
    if (row >= m.rows) return;
    expert::QuantiseRow<kTiles.QUANT_TILE>(m, row);
    m.h_scale[row] *= a.recv_weights[m.h_scale - a.h_scale + row];
  });
  expert_routed::Multiply<kTiles.D_OUT_TILE, kTiles.W2_INNER, kTiles.INTER_K, kTiles.RECV_TILE>(
      a, active, 1, a.D, [](const SwigluMlp& m, long) { return expert::DownProduct(m); });
  expert_routed::ForColumns<kTiles.D_OUT_TILE_ACT, kTiles.W2_ACT_INNER>(
      a, active, a.D,
      [](const SwigluMlp& m, long begin, long end) { expert::DequantiseDown(m, begin, end); });
}

}  // namespace kernels
