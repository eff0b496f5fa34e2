// The decode attention core as V3 arranges it (kernels.md §7.5, §7.6): rows are gathered first, in
// runs where they lie together; then a fixed number of lanes shares the blocks that have any.
#pragma once

#include "kernels/attention/decode_core.h"

namespace kernels::attention {
inline namespace KERNELS_SIMD_ISA {

/// items[0] the number of blocks that have rows, behind it those blocks; the others are not worked
/// on, as the merge leaves them out.
inline void PlanItems(const AttentionArgs& a, long all) {
  int count = 0;
  for (long item = 0; item < all; ++item) {
    if (a.counts[item] > 0) a.items[++count] = static_cast<int>(item);
  }
  a.items[0] = count;
}

/// Rows [begin, end) of a block's list to gathered, up to kRun that follow each other at once. A
/// run never leaves its cache: between the window's rows and the compressed ones lie this step's
/// tokens, which V3 never names.
template <int kRun>
void GatherRows(const AttentionArgs& a, long item, long begin, long end) {
  const RowPools pools{a};
  const int* rows = a.rows + item * kAttnKTile;
  bf16* to = a.gathered + item * kAttnKTile * kHeadDim;
  for (long i = begin; i < end;) {
    long run = 1;
    while (run < kRun && i + run < end && rows[i + run] == rows[i] + run) ++run;
    __builtin_memcpy(to + i * kHeadDim, pools.At(rows[i]),
                     static_cast<unsigned long>(run * kHeadDim) * sizeof(bf16));
    i += run;
  }
}

inline Keys GatheredKeys(const AttentionArgs& a, long item) {
  Keys keys;
  keys.count = a.counts[item];
  for (long j = 0; j < keys.count; ++j) {
    keys.row[j] = a.gathered + (item * kAttnKTile + j) * kHeadDim;
  }
  return keys;
}

/// kTiles: GATHER_SEGS tasks that copy one block's rows, GATHER_RUN rows at most at once;
/// NUM_QK_CORES lanes, of which lane c takes blocks c, c + NUM_QK_CORES, …; QK_M_TILE heads of a
/// block at a time; H_TILE heads per merging task; ROPE_OUT_TOK_TILE tokens per rotating task.
template <typename Contract, auto kTiles>
void DecodeCoreV3(const AttentionArgs& a) {
  constexpr int kSegments = kTiles.GATHER_SEGS, kRun = kTiles.GATHER_RUN;
  constexpr int kLanes = kTiles.NUM_QK_CORES, kHeads = kTiles.QK_M_TILE;
  static_assert(kSegments > 0 && kRun > 0 && kLanes > 0 && kHeads > 0, "tiles are positive");
  const long tokens = long{a.B} * a.S, blocks = ColumnBlocks<Contract>(a);
  spmd(tokens, [&](long t) { ListRows<Contract>(a, t); });
  PlanItems(a, tokens * blocks);
  spmd(long{a.items[0]} * kSegments, [&](long task) {
    constexpr long kRows = Blocks(kAttnKTile, kSegments);
    const long item = a.items[1 + task / kSegments], begin = task % kSegments * kRows;
    GatherRows<kRun>(a, item, begin, Clip(begin, kRows, a.counts[item]));
  });
  spmd(kLanes, [&](long lane) {
    for (long i = lane; i < a.items[0]; i += kLanes) {
      const long item = a.items[1 + i];
      const Keys keys = GatheredKeys(a, item);
      for (long h = 0; h < a.H; h += kHeads) AttendBlock<kHeads>(a, blocks, item, h, keys);
    }
  });
  MergeStage<kTiles.H_TILE>(a, blocks);
  RotateStage<kTiles.ROPE_OUT_TOK_TILE, kRopeDim / 2>(a);
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace kernels::attention
