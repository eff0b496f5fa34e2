// The stages of the decode attention core (kernels.md §7.2): rows → blocks → merge → rotation.
// Blocks of one token are independent, so that eight tokens keep more cores than eight busy.
#pragma once

#include "kernels/attention/block.h"
#include "kernels/attention/merge.h"
#include "kernels/attention/rows.h"
#include "kernels/spmd.h"

namespace kernels::attention {
inline namespace KERNELS_SIMD_ISA {

/// Heads [h0, h0 + kHeads) of one block of a token; `item` is t·blocks + block.
template <int kHeads>
void AttendBlock(const AttentionArgs& a, long blocks, long item, long h0, const Keys& keys) {
  const long heads = Clip(h0, kHeads, a.H) - h0, t = item / blocks;
  Weights<kHeads> weights;
  Score(a.q + (t * a.H + h0) * kHeadDim, heads, keys, &weights);
  Softmax(heads, keys.count, &weights);
  for (long h = 0; h < heads; ++h) {
    a.block_max[item * a.H + h0 + h] = weights.max[h];
    a.block_sum[item * a.H + h0 + h] = weights.sum[h];
  }
  float* out = a.block_out + (item * a.H + h0) * kHeadDim;
  WeighRows(
      heads, keys, weights, [&](long h, long d, F32 v) __attribute__((always_inline)) {
        simd::Store(out + h * kHeadDim + d, v, simd::kLanes);
      });
}

/// The block's keys where they lie in the caches.
inline Keys KeysInPlace(const AttentionArgs& a, long item) {
  const RowPools pools{a};
  Keys keys;
  keys.count = a.counts[item];
  for (long j = 0; j < keys.count; ++j) keys.row[j] = pools.At(a.rows[item * kAttnKTile + j]);
  return keys;
}

/// Merges the blocks of a token for heads [h0, h1).
inline void MergeHeads(const AttentionArgs& a, long blocks, long t, long h0, long h1) {
  for (long h = h0; h < h1; ++h) {
    alignas(64) float out[kHeadDim] = {};
    Running running;
    for (long item = t * blocks; item < (t + 1) * blocks; ++item) {
      if (a.counts[item] == 0) continue;  // its weight would be 0
      const long row = item * a.H + h;
      const Rescale scale = Advance(a.block_max[row], a.block_sum[row], &running);
      const float* from = a.block_out + row * kHeadDim;
      for (long d = 0; d < kHeadDim; d += simd::kLanes) {
        const F32 merged = scale.old_factor * simd::Load(out + d, simd::kLanes) +
                           scale.new_factor * simd::Load(from + d, simd::kLanes);
        simd::Store(out + d, merged, simd::kLanes);
      }
    }
    const long row = t * a.H + h;
    Normalise(out, running, a.attn_sink[h], a.o + row * kHeadDim, a.rope_in + row * kRopeDim);
  }
}

/// kHeads heads of a token per task.
template <int kHeads>
void MergeStage(const AttentionArgs& a, long blocks) {
  static_assert(kHeads > 0, "tiles are positive");
  const long tiles = Blocks(a.H, kHeads);
  spmd(long{a.B} * a.S * tiles, [&](long task) {
    const long h0 = task % tiles * kHeads;
    MergeHeads(a, blocks, task / tiles, h0, Clip(h0, kHeads, a.H));
  });
}

/// kTokens tokens per task, kPairs pairs of a head per step.
template <int kTokens, int kPairs>
void RotateStage(const AttentionArgs& a) {
  static_assert(kTokens > 0, "tiles are positive");
  const long tokens = long{a.B} * a.S;
  spmd(Blocks(tokens, kTokens), [&](long task) {
    RotateTokens<kPairs>(a, task * kTokens, Clip(task * kTokens, kTokens, tokens));
  });
}

/// Contract V2: o from q and the caches. kTiles: VALID_TOKEN_TILE tokens per task that lists rows;
/// QK_M_TILE heads of one block per task; H_TILE heads per merging task; ROPE_OUT_TOK_TILE tokens
/// per rotating task, ROPE_TILE pairs per step.
template <typename Contract, auto kTiles>
void DecodeCore(const AttentionArgs& a) {
  constexpr int kTokens = kTiles.VALID_TOKEN_TILE, kHeads = kTiles.QK_M_TILE;
  static_assert(kTokens > 0 && kHeads > 0, "tiles are positive");
  const long tokens = long{a.B} * a.S, blocks = ColumnBlocks<Contract>(a);
  spmd(Blocks(tokens, kTokens), [&](long task) {
    const long end = Clip(task * kTokens, kTokens, tokens);
    for (long t = task * kTokens; t < end; ++t) ListRows<Contract>(a, t);
  });
  const long tiles = Blocks(a.H, kHeads);
  spmd(tokens * blocks * tiles, [&](long task) {
    const long item = task / tiles;
    if (a.counts[item] == 0) return;
    AttendBlock<kHeads>(a, blocks, item, task % tiles * kHeads, KeysInPlace(a, item));
  });
  MergeStage<kTiles.H_TILE>(a, blocks);
  RotateStage<kTiles.ROPE_OUT_TOK_TILE, kTiles.ROPE_TILE>(a);
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace kernels::attention
