// A decode step of a compressor (kernels.md §3, §4, §5), for each kind of operands in args.h. Every
// batch with a token at the end of a window emits one row:
//
//   kv = x·Wkv, score = x·Wgate + ape, into the state
//   → pooled over the window → norm → RoPE (→ · matrix) → kv[b, 0], and into the cache
//
// Stages, each a launch of independent tasks with a barrier behind it, since pooling reads what
// this step stored:
//   project[B·S/B_TILE · OUT/OUT_TILE] → scatter[B·S] → pool[B · HEAD/POOL_TILE]
//     → finish[B/RMS_TILE]
//
// A task of the last stage takes its batches from the pooled row to kv and the cache and reads
// nothing that another one writes: kv is never read back, which once raced.
#pragma once

#include "kernels/compressor/row.h"

namespace kernels::compressor {

/// Class R: K_TILE, HEAD_DIM_TILE. All others are exact.
struct Tiling {
  int B_TILE;               // tokens per projection task
  int OUT_TILE;             // columns per projection task
  int K_TILE;               // inner dimensions per step of a projection
  int POOL_TILE;            // columns per pooling task
  int HEAD_TILE;            // columns per step of the norm
  int ROPE_TILE;            // columns per step of the rotation, even
  int RMS_TILE;             // batches per task of the last stage
  int HEAD_DIM_TILE = 128;  // inner dimensions per step of the matrix product
};

/// V0's spelling. It had no tiles of tokens or batches: 16 tokens were all.
template <auto kTiles>
inline constexpr Tiling kHistoricTiling{.B_TILE = 16,
                                        .OUT_TILE = kTiles.OUT_CHUNK,
                                        .K_TILE = kTiles.K_CHUNK,
                                        .POOL_TILE = kTiles.HEAD_CHUNK,
                                        .HEAD_TILE = kTiles.HEAD_CHUNK,
                                        .ROPE_TILE = kTiles.ROPE_CHUCK,
                                        .RMS_TILE = 1,
                                        .HEAD_DIM_TILE = kTiles.HEAD_DIM_CHUCK};

inline namespace KERNELS_SIMD_ISA {

/// The cache's share of a finished row.
template <typename Shape, typename Args>
void StoreRow(const Args& a, float* row, long cache_row) {
  typename Args::Cache* to = a.cache + cache_row * Shape::kHeadDim;
  if constexpr (Args::kCodes) {
    a.cache_scale[cache_row] = Quantise<Shape::kHeadDim>(row, to);
  } else {
    StoreBf16<Shape::kHeadDim>(row, to);
  }
}

/// V1 to V3: FP32 up to the matrix.
template <Tiling kTiling, typename Shape, typename Args>
void FinishRow(const Args& a, long b, float* row) {
  Normalise<Shape::kHeadDim, kTiling.HEAD_TILE>(row, a.norm_w);
  Rotate<Shape::kHeadDim, kTiling.ROPE_TILE>(row, a.cos + b * kRopeHalf, a.sin + b * kRopeHalf);
  if constexpr (Shape::kRotates)
    TimesMatrix<Shape::kHeadDim, kTiling.HEAD_DIM_TILE>(row, a.hadamard);
}

/// V0, where one position serves all batches.
template <Tiling kTiling, typename Shape>
void FinishRow(const ContiguousArgs<Shape>& a, long /*b*/, float* row) {
  RoundRow(row, 0, Shape::kHeadDim);
  Normalise<Shape::kHeadDim, kTiling.HEAD_TILE>(row, a.norm_w);
  RoundRow(row, 0, Shape::kHeadDim);
  Rotate<Shape::kHeadDim, kTiling.ROPE_TILE>(row, a.cos, a.sin);
  RoundRow(row, Shape::kHeadDim - kRopeDim, Shape::kHeadDim);
  if (a.rotate != 0) TimesMatrix<Shape::kHeadDim, kTiling.HEAD_DIM_TILE>(row, a.hadamard);
}

/// Whether kv stays 0 where the cache has no row for the window.
template <typename Args>
inline constexpr bool kGatesKv = false;
template <typename Shape, typename Generation>
inline constexpr bool kGatesKv<SlottedArgs<Shape, Generation>> = Generation::kGatesKv;

/// Once a window is pooled, nothing in most contracts.
template <typename Args>
void LeaveWindow(const Args&, long) {}

template <typename Shape>
void ShiftSlots(float* state, long b) {
  constexpr long kHalf = Shape::kRatio * kOutDim<Shape>;
  float* slots = state + b * kSlots<Shape> * kOutDim<Shape>;
  __builtin_memcpy(slots, slots + kHalf, kHalf * sizeof(float));
}

/// V0: the window under way becomes the previous one.
template <typename Shape>
void LeaveWindow(const ContiguousArgs<Shape>& a, long b) {
  ShiftSlots<Shape>(a.kv_state, b);
  ShiftSlots<Shape>(a.score_state, b);
}

template <Tiling kTiling, typename Shape, typename Args>
void FinishBatch(const Args& a, long b) {
  constexpr long kHeadDim = Shape::kHeadDim;
  float* kv = a.kv + b * a.S * kHeadDim;
  __builtin_memset(kv, 0, 4ul * static_cast<unsigned long>(a.S) * kHeadDim);
  const long boundary = Boundary<Shape>(a, b);
  if (boundary < 0) return;
  float row[kHeadDim];
  __builtin_memcpy(row, a.pooled + b * kHeadDim, sizeof(row));
  FinishRow<kTiling, Shape>(a, b, row);
  const long cache_row = CacheRow(a, b, boundary);
  if (cache_row >= 0 || !kGatesKv<Args>) __builtin_memcpy(kv, row, sizeof(row));
  if (cache_row >= 0) StoreRow<Shape>(a, row, cache_row);
  LeaveWindow(a, b);
  for (long s = TokensBeforePooling<Shape>(a, b); s < a.S; ++s) ScatterToken<Shape>(a, b, s);
}

/// V0 of ratio 128.
template <Tiling kTiling, typename Shape>
void FinishBatch(const Ratio128V0Args& a, long b) {
  constexpr long kHeadDim = Shape::kHeadDim;
  bf16* out = a.out + b * kHeadDim;
  if (Boundary<Shape>(a, b) < 0) {
    __builtin_memset(out, 0, sizeof(*out) * kHeadDim);
    return;
  }
  float* row = a.pooled + b * kHeadDim;
  Normalise<kHeadDim, kTiling.HEAD_TILE>(row, a.norm_w);
  RotateHalves<kHeadDim>(row, a.cos, a.sin);
  StoreBf16<kHeadDim>(row, out);
}

template <Tiling kTiling, typename Shape, typename Args>
void Run(const Args& a) {
  Project<kTiling.B_TILE, kTiling.OUT_TILE, kTiling.K_TILE, Weights<Args>::kOutputFirst,
          kOutDim<Shape>>(a);
  spmd(long{a.B} * a.S, [&](long token) {
    const long b = token / a.S, s = token % a.S;
    if (s < TokensBeforePooling<Shape>(a, b)) ScatterToken<Shape>(a, b, s);
  });
  Pool<kTiling.POOL_TILE, Shape>(a);
  static_assert(kTiling.RMS_TILE > 0, "tiles are positive");
  spmd(Blocks(a.B, kTiling.RMS_TILE), [&](long task) {
    const long first = task * kTiling.RMS_TILE;
    for (long b = first; b < Clip(first, kTiling.RMS_TILE, a.B); ++b) {
      FinishBatch<kTiling, Shape>(a, b);
    }
  });
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace kernels::compressor
