// The prefill attention core (kernels.md §7.5): a token's valid rows are cut into blocks wherever
// they come from, and its blocks are taken one after another. There are tokens enough for every
// core, so the running result stays with the task: partial results of a chunk would be 50 MB.
#pragma once

#include "kernels/attention/decode_core.h"

namespace kernels::attention {
inline namespace KERNELS_SIMD_ISA {

/// All blocks of token t for heads [h0, h0 + kHeads), merged in place as one: block_out, block_max
/// and block_sum have one block per token.
template <int kHeads>
void AttendToken(const AttentionArgs& a, long blocks, long t, long h0) {
  const RowPools pools{a};
  const long heads = Clip(h0, kHeads, a.H) - h0, row = t * a.H + h0, count = a.counts[t];
  const int* rows = a.rows + t * blocks * kAttnKTile;
  float* out = a.block_out + row * kHeadDim;
  Running running[kHeads];
  Rescale scale[kHeads];
  Weights<kHeads> weights;
  for (long first = 0; first < count; first += kAttnKTile) {
    Keys keys;
    keys.count = Clip(first, kAttnKTile, count) - first;
    for (long j = 0; j < keys.count; ++j) keys.row[j] = pools.At(rows[first + j]);
    Score(a.q + row * kHeadDim, heads, keys, &weights);
    Softmax(heads, keys.count, &weights);
    for (long h = 0; h < heads; ++h) {
      scale[h] = Advance(weights.max[h], weights.sum[h], &running[h]);
    }
    WeighRows(
        heads, keys, weights, [&](long h, long d, F32 v) __attribute__((always_inline)) {
          float* to = out + h * kHeadDim + d;
          const F32 old = first == 0 ? F32{} : simd::Load(to, simd::kLanes);
          simd::Store(to, scale[h].old_factor * old + scale[h].new_factor * v, simd::kLanes);
        });
  }
  for (long h = 0; h < heads; ++h) {
    a.block_max[row + h] = running[h].max;
    a.block_sum[row + h] = running[h].sum;
  }
}

/// kTiles: BIAS_TOKEN_TILE tokens per task that lists rows; GATHER_TOKEN_TILE tokens by QK_M_TILE
/// heads per attending task; H_TILE heads of a token per task that divides; ROPE_OUT_TOK_TILE
/// tokens per rotating task, ROPE_TILE pairs per step.
template <typename Contract, auto kTiles>
void PrefillCore(const AttentionArgs& a) {
  constexpr int kList = kTiles.BIAS_TOKEN_TILE, kTokens = kTiles.GATHER_TOKEN_TILE;
  constexpr int kHeads = kTiles.QK_M_TILE;
  static_assert(kList > 0 && kTokens > 0 && kHeads > 0, "tiles are positive");
  const long tokens = a.S, blocks = ColumnBlocks<Contract>(a), tiles = Blocks(a.H, kHeads);
  spmd(Blocks(tokens, kList), [&](long task) {
    const long end = Clip(task * kList, kList, tokens);
    for (long t = task * kList; t < end; ++t) ListCompacted<Contract>(a, t);
  });
  spmd(Blocks(tokens, kTokens) * tiles, [&](long task) {
    const long t0 = task / tiles * kTokens, t1 = Clip(t0, kTokens, tokens);
    for (long t = t0; t < t1; ++t) AttendToken<kHeads>(a, blocks, t, task % tiles * kHeads);
  });
  MergeStage<kTiles.H_TILE>(a, 1);
  RotateStage<kTiles.ROPE_OUT_TOK_TILE, kTiles.ROPE_TILE>(a);
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace kernels::attention
