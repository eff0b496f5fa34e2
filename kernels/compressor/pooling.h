// Softmax pooling of a window (kernels.md §0.5, P9), column by column:
//
//   pooled = Σ kv[i]·e[i] / Σ e[i], e[i] = exp(score[i] − max score)
//
// in two passes over the slots, ascending, so that columns may be cut anywhere.
#pragma once

#include "kernels/compressor/projection.h"
#include "kernels/simd/exp.h"

namespace kernels::compressor {
inline namespace KERNELS_SIMD_ISA {

/// The mapped rows of a window, each with the columns that it is pooled by. A row that is not
/// mapped has the weight exp(−∞) = 0 and is left out.
template <typename Shape>
struct Window {
  StateRow rows[kSlots<Shape>];
  int count = 0;
};

template <typename Shape, typename Args>
Window<Shape> FindWindow(const Args& a, long b, long p) {
  Window<Shape> window;
  for (int i = 0; i < kSlots<Shape>; ++i) {
    const StateRow row = SlotRow(a, b, p, i);
    const int column = Shape::kOverlap && i >= Shape::kRatio ? Shape::kHeadDim : 0;
    if (row.kv != nullptr) window.rows[window.count++] = {row.kv + column, row.score + column};
  }
  return window;
}

/// Columns [begin, begin + kColumns), clipped to `end`, of one pooled row. What is kept by column
/// stays in L1 while the rows pass.
template <int kColumns, typename Shape>
void PoolColumns(const Window<Shape>& window, long begin, long end, float* pooled) {
  using simd::F32;
  constexpr int kVectors = static_cast<int>(Blocks(kColumns, simd::kLanes));
  F32 largest[kVectors], weights[kVectors], sums[kVectors];
  const auto columns = [&](const auto& body) __attribute__((always_inline)) {
    simd::ForLanes(
        begin, end, [&](long i, int n) __attribute__((always_inline)) {
          body(i, n, (i - begin) / simd::kLanes);
        });
  };
  for (int v = 0; v < kVectors; ++v) {
    largest[v] = F32{} - __builtin_inff();
    weights[v] = sums[v] = F32{};
  }
  for (int row = 0; row < window.count; ++row) {
    const float* score = window.rows[row].score;
    columns([&](long i, int n, long v) __attribute__((always_inline)) {
      largest[v] = simd::Max(largest[v], simd::Load(score + i, n));
    });
  }
  for (int row = 0; row < window.count; ++row) {
    const StateRow& from = window.rows[row];
    columns([&](long i, int n, long v) __attribute__((always_inline)) {
      const F32 weight = simd::Exp(simd::Load(from.score + i, n) - largest[v]);
      weights[v] = weights[v] + weight;
      sums[v] = sums[v] + simd::Load(from.kv + i, n) * weight;
    });
  }
  columns([&](long i, int n, long v)
              __attribute__((always_inline)) { simd::Store(pooled + i, sums[v] / weights[v], n); });
}

/// pooled, for the batches that end a window: tasks of a batch × kColumns.
template <int kColumns, typename Shape, typename Args>
void Pool(const Args& a) {
  static_assert(kColumns > 0, "tiles are positive");
  const long blocks = Blocks(Shape::kHeadDim, kColumns);
  spmd(a.B * blocks, [&](long task) {
    const long b = task / blocks, begin = task % blocks * kColumns;
    const long boundary = Boundary<Shape>(a, b);
    if (boundary < 0) return;
    const auto window = FindWindow<Shape>(a, b, Position(a, b, 0) + boundary);
    PoolColumns<kColumns>(window, begin, Clip(begin, kColumns, Shape::kHeadDim),
                          a.pooled + b * Shape::kHeadDim);
  });
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace kernels::compressor
