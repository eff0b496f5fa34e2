// indexer_qr_rope: the rotation stage of the decode indexer (kernels.md §2, step 2 of V2). Rows are
// (token, head) queries of 128 dims; the first 64 are only rounded to bf16, the last 64 are rotated
// in interleaved pairs by their batch's angle, then rounded.
//
//   out[j] = x[j]·c[j/2] + x[j^1]·(±s[j/2])      − for even j, + for odd j
//
// The sign is folded into the table, which is exact. Bit-identical to the plain form as long as no
// multiply-add is contracted: compile with -ffp-contract=off.
#pragma once

#include "kernels/simd/vec.h"
#include "kernels/spmd.h"

namespace kernels {

inline constexpr int kIndexerHeadDim = 128;
inline constexpr int kIndexerRopeDim = 64;

struct IndexerQrRopeArgs {
  const float* q;    // [B·S·H, 128] dequantised projection
  const float* cos;  // [B, 32] of the batch's first token
  const float* sin;  // [B, 32]
  bf16* q_rot;       // [B·S·H, 128] out
  int B;
  int S;
  int H;
};

namespace indexer_qr_rope {
inline namespace KERNELS_SIMD_ISA {

inline constexpr int kNopeDim = kIndexerHeadDim - kIndexerRopeDim;

// One batch's angles, by column, and the sine with the sign of its column.
struct Angles {
  float cos[kIndexerRopeDim];
  float sin[kIndexerRopeDim];
};

inline void Interleave(const IndexerQrRopeArgs& a, long batch, Angles* angles) {
  constexpr int kHalf = kIndexerRopeDim / 2;
  for (int i = 0; i < kHalf; ++i) {
    const float cos = a.cos[batch * kHalf + i];
    const float sin = a.sin[batch * kHalf + i];
    angles->cos[2 * i] = angles->cos[2 * i + 1] = cos;
    angles->sin[2 * i] = -sin;
    angles->sin[2 * i + 1] = sin;
  }
}

// Each lane's neighbour: 1 0 3 2 …
inline simd::F32 SwapPairs(simd::F32 v) {
#if defined(__AVX512F__)
  return __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
#elif defined(__AVX__)
  return __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6);
#else
  return __builtin_shufflevector(v, v, 1, 0, 3, 2);
#endif
}

inline void RotateRow(const float* q, const Angles& angles, bf16* to) {
  using namespace simd;
  for (int j = 0; j < kNopeDim; j += kLanes) Store(to + j, Load(q + j, kLanes), kLanes);
  for (int j = 0; j < kIndexerRopeDim; j += kLanes) {
    const F32 x = Load(q + kNopeDim + j, kLanes);
    const F32 rotated =
        x * Load(angles.cos + j, kLanes) + SwapPairs(x) * Load(angles.sin + j, kLanes);
    Store(to + kNopeDim + j, rotated, kLanes);
  }
}

// Rows [begin, end). They share the interleaved table; it is made anew where another batch begins.
inline void RotateRows(const IndexerQrRopeArgs& a, long begin, long end) {
  const long rows_per_batch = long{a.S} * a.H;
  Angles angles;
  for (long row = begin; row < end; ++row) {
    if (row == begin || row % rows_per_batch == 0) Interleave(a, row / rows_per_batch, &angles);
    RotateRow(a.q + row * kIndexerHeadDim, angles, a.q_rot + row * kIndexerHeadDim);
  }
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace indexer_qr_rope

/// kTiles: ROPE_SPMD_TILE rows per task, ROPE_ROW_TILE rows per step. The original demands that a
/// step lies within one batch; here any tile is right.
template <auto kTiles>
void IndexerQrRope(const IndexerQrRopeArgs& a) {
  static_assert(kTiles.ROPE_SPMD_TILE > 0 && kTiles.ROPE_ROW_TILE > 0, "tiles are positive");
  const long rows = long{a.B} * a.S * a.H;
  spmd(Blocks(rows, kTiles.ROPE_SPMD_TILE), [&](long task) {
    const long end = Clip(task * kTiles.ROPE_SPMD_TILE, kTiles.ROPE_SPMD_TILE, rows);
    for (long row = task * kTiles.ROPE_SPMD_TILE; row < end; row += kTiles.ROPE_ROW_TILE) {
      indexer_qr_rope::RotateRows(a, row, Clip(row, kTiles.ROPE_ROW_TILE, end));
    }
  });
}

}  // namespace kernels
