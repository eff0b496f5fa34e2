// csa_cache_writeback: a step's key-value rows into the window rings (kernels.md §7.4, contract
// V2).
//
//   kv_cache[ori_slot_mapping[t]] = kv[t], nothing where the slot is −1
//
// A ring slot that is written here is read by the attention of the same step: the launch belongs
// behind it. (The original, without barriers, added attn_out·0 to the first WRITEBACK_GUARD_TILE =
// 16 columns to be ordered so; with a barrier there is nothing to guard.) Rows are disjoint: both
// tiles are exact.
#pragma once

#include "kernels/simd/vec.h"
#include "kernels/spmd.h"

namespace kernels {

struct CsaCacheWritebackArgs {
  const bf16* kv;  // [T, 512]
  const long*
      ori_slot_mapping;  // [T] rows of the pool of rings, distinct; −1: the token is not stored
  bf16* kv_cache;        // [ORI_BLOCKS, 128, 1, 512] in/out
  int T;
  int ORI_BLOCKS;
};

namespace csa_cache {
inline namespace KERNELS_SIMD_ISA {

inline constexpr long kHeadDim = 512;

inline void Copy(const bf16* from, bf16* to, long n) {
  for (long i = 0; i < n; ++i) to[i] = from[i];
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace csa_cache

/// kTiles: CSA_WB_TOKEN_TILE tokens by CSA_WB_COLUMN_TILE columns per task.
template <auto kTiles>
void CsaCacheWriteback(const CsaCacheWritebackArgs& a) {
  using csa_cache::kHeadDim;
  constexpr long kTokens = kTiles.CSA_WB_TOKEN_TILE, kColumns = kTiles.CSA_WB_COLUMN_TILE;
  static_assert(kTokens > 0 && kColumns > 0, "tiles are positive");
  const long column_tiles = Blocks(kHeadDim, kColumns);
  spmd(Blocks(a.T, kTokens) * column_tiles, [&](long task) {
    const long t0 = task / column_tiles * kTokens, d0 = task % column_tiles * kColumns;
    for (long t = t0; t < Clip(t0, kTokens, a.T); ++t) {
      const long row = a.ori_slot_mapping[t];
      if (row < 0) continue;
      csa_cache::Copy(a.kv + t * kHeadDim + d0, a.kv_cache + row * kHeadDim + d0,
                      Clip(d0, kColumns, kHeadDim) - d0);
    }
  });
}

}  // namespace kernels
