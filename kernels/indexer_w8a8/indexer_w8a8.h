// indexer_w8a8: the decode indexer in INT8 (kernels.md §2): queries from INT8 codes and weights,
// INT8 queries against INT8 keys. args.h tells the operands and the contract of a call; what it
// computes is indexer_score_topk's, with these rounding points:
//
//   q = ((qr·wq_b)·qr_scale[t])·wq_b_scale[n] → rope → bf16 → · hadamard → INT8 by head
//   keys: V2 bf16, quantised by row where read; V3 INT8 with a scale, quantised when written
//
// The embedded compressor (kernels.md §3) runs first: a key that this step completes is visible to
// it.
//
// Stages, each a launch of independent tasks with a barrier behind it:
//   the compressor's → q_proj[8192/Q_OUT_TILE] ∥ weights_proj[WEIGHTS_OK · T/WEIGHTS_ROW_TILE]
//     → rope[T·64/ROPE_ROW_TILE] ∥ weights' partial sums, ascending → hadamard and quantise
//     → score → top-k[T]
//
// Not tunable, class L: MM_ROW_TILE, T_PAD (rows padded for a matrix unit), SORT_LEN and V3's
// TOPK_HALF_LEN and TOPK_PAIR_WIDTH (topk.h selects without padding). ROPE_ROW_BLOCK = 64·S and
// WEIGHTS_K_SLICE = D/WEIGHTS_OK follow from others.
#pragma once

#include "kernels/compressor/compressor.h"
#include "kernels/indexer_w8a8/score.h"
#include "kernels/topk/topk.h"

namespace kernels {
namespace indexer {
inline namespace KERNELS_SIMD_ISA {

template <auto kTiles, typename Args>
HeadWeights WeightsOf(const Args& a) {
  static_assert(kTiles.WEIGHTS_OK <= kMostSlices, "scratch holds kMostSlices partial sums");
  return {a.x, a.weights_proj, a.weights_partials, a.weights, long{a.B} * a.S, a.D};
}

/// Queries and head weights. kStep: columns of a task that are multiplied and dequantised together.
template <auto kTiles, int kStep, int kRowTile, int kWeightsRowTile, typename Args>
void Project(const Args& a) {
  const HeadWeights weights = WeightsOf<kTiles>(a);
  const long columns = Blocks(kQueryDim, kTiles.Q_OUT_TILE);
  const long partials = PartialTasks<kTiles.WEIGHTS_OK, kWeightsRowTile>(weights);
  spmd(columns + partials, [&](long task) {
    if (task < columns) {
      ProjectQuery<kTiles.Q_OUT_TILE, kStep, kTiles.Q_TILE, kRowTile>(a, task * kTiles.Q_OUT_TILE);
    } else {
      ComputePartials<kTiles.WEIGHTS_OK, kWeightsRowTile, kTiles.D_TILE>(weights, task - columns);
    }
  });
  const long rows = weights.T * kHeads, groups = Blocks(rows, kTiles.ROPE_ROW_TILE);
  spmd(groups + weights.T, [&](long task) {
    if (task >= groups) return AddPartials<kTiles.WEIGHTS_OK>(weights, task - groups);
    const long begin = task * kTiles.ROPE_ROW_TILE;
    RotateQuery(a, begin, Clip(begin, kTiles.ROPE_ROW_TILE, rows));
  });
}

/// Bits per pass of a selection and of a sort (topk.h); no tiles of the originals.
inline constexpr int kSelectBits = 11;
inline constexpr int kSortBits = 8;

template <typename Args>
void ChooseBest(const Args& a) {
  spmd(long{a.B} * a.S, [&](long t) {
    topk::Row<kSelectBits, kSortBits>(a.score + t * a.SCORE_LEN, Visible(a, t), a.IDX_TOPK,
                                      a.offset, a.topk_idxs + t * a.SCORE_LEN, a.SCORE_LEN,
                                      a.lists + t * topk::ListSize(a.SCORE_LEN));
  });
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace indexer

/// kTiles: Q_OUT_TILE columns of the query projection per task, Q_TILE rows of its weight per step,
/// QR_PROJ_ROW_TILE tokens per step of dequantising; WEIGHTS_OK slices of D, each with partial sums
/// of its own, D_TILE inner dimensions per step and WEIGHTS_ROW_TILE tokens per task of the weights
/// projection; ROPE_ROW_TILE heads per rotation task; QH_QUANT_TILE heads per task of the product
/// with hadamard, QH_HEAD_DIM_TILE of its rows and HEAD_DIM_TILE of its columns per step;
/// CACHE_TILE keys per scoring task; OUT_TILE, K_TILE, B_TILE, HEAD_TILE, ROPE_TILE, RMS_TILE are
/// indexer_compressor's, whose HEAD_DIM_TILE is all of the matrix here. D_TILE, WEIGHTS_OK,
/// QH_HEAD_DIM_TILE and K_TILE reorder sums, all others are exact.
template <auto kTiles>
void IndexerW8A8(const IndexerW8A8Args& a) {
  using namespace indexer;
  compressor::Run<compressor::Tiling{.B_TILE = kTiles.B_TILE,
                                     .OUT_TILE = kTiles.OUT_TILE,
                                     .K_TILE = kTiles.K_TILE,
                                     .POOL_TILE = kTiles.HEAD_TILE,
                                     .HEAD_TILE = kTiles.HEAD_TILE,
                                     .ROPE_TILE = kTiles.ROPE_TILE,
                                     .RMS_TILE = kTiles.RMS_TILE},
                  compressor::Indexer>(CompressorOf(a));
  Project<kTiles, kTiles.Q_OUT_TILE, kTiles.QR_PROJ_ROW_TILE, kTiles.WEIGHTS_ROW_TILE>(a);

  const long rows = long{a.B} * a.S * kHeads;
  spmd(Blocks(rows, kTiles.QH_QUANT_TILE), [&](long task) {
    const long begin = task * kTiles.QH_QUANT_TILE;
    MixAndQuantise<kTiles.QH_QUANT_TILE, kTiles.HEAD_DIM_TILE, kTiles.QH_HEAD_DIM_TILE>(
        a, begin, Clip(begin, kTiles.QH_QUANT_TILE, rows));
  });

  const long tiles = Blocks(a.SCORE_LEN, kTiles.CACHE_TILE);
  spmd(a.B * tiles, [&](long task) {
    const long begin = task % tiles * kTiles.CACHE_TILE;
    ScoreTile<kTiles.CACHE_TILE, kTiles.CACHE_TILE, kTiles.CACHE_TILE>(
        a, task / tiles, begin, Clip(begin, kTiles.CACHE_TILE, a.SCORE_LEN));
  });
  ChooseBest(a);
}

/// kTiles as IndexerW8A8's, but: MM_N_TILE columns of a projection task are multiplied and
/// dequantised together; the rows with hadamard go QH_MM_TILE at a time, QH_QUANT_TILE per step of
/// QUANT_NSPLIT tasks; a batch's scores are REDUCE_NSPLIT tasks, which pack MAT_TILE keys at once,
/// CACHE_TILE at a time, and weigh REDUCE_TILE at a time; PROJ_OUT_TILE is the compressor's
/// OUT_TILE.
template <auto kTiles>
void IndexerW8A8V3(const IndexerW8A8V3Args& a) {
  static_assert(kTiles.QUANT_NSPLIT > 0 && kTiles.REDUCE_NSPLIT > 0, "tiles are positive");
  using namespace indexer;
  constexpr int kRows =
      8;  // tokens per step of dequantising and per task of the weights projection
  compressor::Run<compressor::Tiling{.B_TILE = kTiles.B_TILE,
                                     .OUT_TILE = kTiles.PROJ_OUT_TILE,
                                     .K_TILE = kTiles.K_TILE,
                                     .POOL_TILE = kTiles.HEAD_TILE,
                                     .HEAD_TILE = kTiles.HEAD_TILE,
                                     .ROPE_TILE = kTiles.ROPE_TILE,
                                     .RMS_TILE = kTiles.RMS_TILE},
                  compressor::Indexer>(CompressorOf(a));
  Project<kTiles, kTiles.MM_N_TILE, kRows, kRows>(a);

  const long rows = long{a.B} * a.S * kHeads;
  const long groups = Blocks(rows, kTiles.QH_QUANT_TILE);
  const long share = Blocks(groups, kTiles.QUANT_NSPLIT);
  spmd(kTiles.QUANT_NSPLIT, [&](long task) {
    for (long group = task * share; group < Clip(task * share, share, groups); ++group) {
      const long begin = group * kTiles.QH_QUANT_TILE;
      MixAndQuantise<kTiles.QH_MM_TILE, kTiles.HEAD_DIM_TILE, kTiles.QH_HEAD_DIM_TILE>(
          a, begin, Clip(begin, kTiles.QH_QUANT_TILE, rows));
    }
  });

  const long tiles = Blocks(a.SCORE_LEN, kTiles.MAT_TILE);
  const long span = Blocks(tiles, kTiles.REDUCE_NSPLIT);
  spmd(a.B * kTiles.REDUCE_NSPLIT, [&](long task) {
    const long first = task % kTiles.REDUCE_NSPLIT * span;
    for (long tile = first; tile < Clip(first, span, tiles); ++tile) {
      const long begin = tile * kTiles.MAT_TILE;
      ScoreTile<kTiles.MAT_TILE, kTiles.CACHE_TILE, kTiles.REDUCE_TILE>(
          a, task / kTiles.REDUCE_NSPLIT, begin, Clip(begin, kTiles.MAT_TILE, a.SCORE_LEN));
    }
  });
  ChooseBest(a);
}

}  // namespace kernels
