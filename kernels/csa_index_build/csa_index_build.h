// csa_index_build: which keys and values each token of a CSA decode step attends to (kernels.md
// §7.1, contract V2), as codes of sparse_attention_csa:
//
//   −1 nothing; r < 128 a slot of the batch's window ring; 128 ≤ r < 128 + S token r − 128 of this step,
//   whose slot in the ring still holds an older token; else compressed column r − 128 − S.
//
// Columns 0 … 127 are the window, oldest token first once the ring is full; the others are the
// indexer's choice, of which only what the token may see is kept.
//
// Two independent stages in one launch: overlay tasks write the window, compressed tasks the rest
// and the mask. Integers only: every tile is exact.
#pragma once

#include "kernels/simd/vec.h"
#include "kernels/spmd.h"

namespace kernels {

struct CsaIndexBuildArgs {
  const int* position_ids;  // [B·S], ≥ 0, the tokens of a batch ascending
  const int* kv_seq_lens;   // [B] tokens of the sequence, this step's included
  const int* topk_idxs;  // [B, S, SCORE_LEN]; the first IDX_TOPK are read: 128 + S + column, or −1
  int* cmp_sparse_indices;  // [B·S, 128 + IDX_TOPK] out
  int* valid_block_mask;    // [B·S, SparseBlocks] out: whether 128 columns hold any entry ≥ 0
  int B;
  int S;
  int SCORE_LEN;  // ≥ IDX_TOPK
  int IDX_TOPK;
};

namespace csa_index {

inline constexpr long kWindow = 128;  // of the ring
inline constexpr long kBlock = 128;   // ATTN_K_TILE, which is part of the contract
inline constexpr int kRatio = 4;      // tokens of a compressed column

inline long SparseBlocks(const CsaIndexBuildArgs& a) {
  const long blocks = Blocks(kWindow + a.IDX_TOPK, kBlock);
  return blocks < 2 ? 2 : blocks;
}

// The window of token s of batch b, with the slots that tokens 0 … s take replaced by those tokens.
inline void WriteWindow(const CsaIndexBuildArgs& a, long token) {
  const int* positions = a.position_ids + token / a.S * a.S;
  const int position = a.position_ids[token];
  int* to = a.cmp_sparse_indices + token * (kWindow + a.IDX_TOPK);
  const int oldest = position >= kWindow - 1 ? (position + 1) % static_cast<int>(kWindow) : 0;
  for (int k = 0; k < kWindow; ++k) {
    to[k] = k <= position ? (oldest + k) % static_cast<int>(kWindow) : -1;
  }
  for (int s = 0; s <= token % a.S; ++s) {
    const int taken = positions[s] % static_cast<int>(kWindow);
    const int code = static_cast<int>(kWindow) + s;
    for (int k = 0; k < kWindow; ++k) to[k] = to[k] == taken ? code : to[k];
  }
}

// Compressed columns [begin, end), which lie in one block of the mask; whether any is kept.
inline int WriteCompressed(const CsaIndexBuildArgs& a, long token, long begin, long end) {
  const int by_position = (a.position_ids[token] + 1) / kRatio;
  const int by_length = a.kv_seq_lens[token / a.S] / kRatio;
  const int first = static_cast<int>(kWindow) + a.S;
  const int last = first + (by_position < by_length ? by_position : by_length);
  const int* from = a.topk_idxs + token * a.SCORE_LEN;
  int* to = a.cmp_sparse_indices + token * (kWindow + a.IDX_TOPK) + kWindow;
  int kept = 0;
  for (long k = begin; k < end; ++k) {
    const int keep = static_cast<int>(from[k] >= first) & static_cast<int>(from[k] < last);
    to[k] = keep ? from[k] : -1;
    kept |= keep;
  }
  return kept;
}

// Tokens [t0, t1) × compressed columns [c0, c1), c0 a multiple of kBlock.
inline void WriteTile(const CsaIndexBuildArgs& a, long t0, long t1, long c0, long c1) {
  for (long token = t0; token < t1; ++token) {
    int* mask = a.valid_block_mask + token * SparseBlocks(a);
    if (c0 == 0) mask[0] = 1;  // the token itself is in its window
    for (long c = c0; c < c1; c += kBlock) {
      mask[(kWindow + c) / kBlock] = WriteCompressed(a, token, c, Clip(c, kBlock, c1));
    }
  }
}

}  // namespace csa_index

/// kTiles: CSA_OVERLAY_TOKEN_TILE tokens per window task; CSA_TOPK_TOKEN_TILE tokens by
/// CSA_TOPK_COLUMN_TILE columns, a multiple of 128, per compressed task.
template <auto kTiles>
void CsaIndexBuild(const CsaIndexBuildArgs& a) {
  constexpr long kOverlay = kTiles.CSA_OVERLAY_TOKEN_TILE, kTokens = kTiles.CSA_TOPK_TOKEN_TILE;
  constexpr long kColumns = kTiles.CSA_TOPK_COLUMN_TILE;
  static_assert(kOverlay > 0 && kTokens > 0, "tiles are positive");
  static_assert(kColumns > 0 && kColumns % csa_index::kBlock == 0,
                "a column tile is a number of mask blocks, or two tasks would write one entry");
  const long tokens = long{a.B} * a.S;
  const long windows = Blocks(tokens, kOverlay);
  const long column_tiles = Blocks(a.IDX_TOPK, kColumns);
  spmd(windows + Blocks(tokens, kTokens) * column_tiles, [&](long task) {
    if (task < windows) {
      const long end = Clip(task * kOverlay, kOverlay, tokens);
      for (long token = task * kOverlay; token < end; ++token) csa_index::WriteWindow(a, token);
    } else {
      const long tile = task - windows;
      const long t0 = tile / column_tiles * kTokens, c0 = tile % column_tiles * kColumns;
      csa_index::WriteTile(a, t0, Clip(t0, kTokens, tokens), c0, Clip(c0, kColumns, a.IDX_TOPK));
    }
  });
}

}  // namespace kernels
