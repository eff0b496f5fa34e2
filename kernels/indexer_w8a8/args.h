// The operands of the INT8 decode indexers (kernels.md §2), contracts V2 and V3.
//
// Contract of every call:
// - B batches decode S tokens each at consecutive positions, 1 <= S <= 4; T = B·S. The embedded
//   compressor's contract is kernels/compressor/args.h's.
// - kv_seq_lens counts this step's tokens. V2: keys below kv_seq_lens[b]/4 are visible to all
//   tokens of the batch. V3: to a token at position p those below min(kv_seq_lens[b], p + 1)/4.
// - No more than SCORE_LEN keys are visible, and the table is wide enough for them. An entry of −1
//   is no page: its keys score −FLT_MAX and are chosen last.
// - Nothing aliases. Scratch may hold anything before and holds the stages' results afterwards.
#pragma once

#include "kernels/compressor/args.h"
#include "kernels/indexer/head_weights.h"

namespace kernels {

template <typename GenerationT>
struct IndexerW8A8ArgsOf {
  typedef GenerationT Generation;
  typedef compressor::SlottedArgs<compressor::Indexer, Generation> Compressor;
  typedef typename Compressor::Cache Cache;  // V2: bf16; V3: INT8 codes
  static constexpr bool kCodes = Compressor::kCodes;

  const bf16* x;                                // [B, S, D]
  const signed char* qr;                        // [T, QL]
  const float* qr_scale;                        // [T, 1]
  const signed char* wq_b;                      // [QL, 8192] head·128 + dim
  const float* wq_b_scale;                      // [8192]
  const bf16* weights_proj;                     // [D, 64]
  const float* cos;                             // [B, 32] of the batch's first token
  const float* sin;                             // [B, 32]
  const bf16* hadamard;                         // [128, 128] any matrix
  float* inner_compress_state;                  // [STATE_BLOCKS, 4, 512] in/out
  const int* inner_compress_state_block_table;  // [B, STATE_PAGES]
  const bf16* inner_wkv;                        // [256, D]
  const bf16* inner_wgate;                      // [256, D]
  const float* inner_ape;                       // [4, 256]
  const bf16* inner_norm_w;                     // [128]
  Cache* idx_kv_cache;                          // [BLOCKS, PAGE, 1, 128] in/out
  float* idx_kv_scale;                          // [BLOCKS, PAGE, 1, 1] in/out; V3 only
  const int* idx_block_table;                   // [B, TABLE]
  const int* position_ids;                      // [B, S]
  const long* idx_slot_mapping;                 // [B, S] row for the key that a token completes
  const long* inner_state_slot_mapping;         // [B, S]
  const int* kv_seq_lens;                       // [B]
  float* inner_kv;                              // [B, S, 128] out
  float* score;                                 // [B, S, SCORE_LEN] out
  int* topk_idxs;                               // [B, S, SCORE_LEN] out
  float* kv_proj;                               // scratch [T, 256]
  float* score_proj;                            // scratch [T, 256]
  float* pooled;                                // scratch [B, 128]
  int* q_sums;                                  // scratch simd::SumsSize(T, 8192)
  float* q;                                     // scratch [T, 8192]
  bf16* q_rot;                                  // scratch [T, 8192]
  int* q_words;                                 // scratch [T, 8192]
  int* q_starts;                                // scratch [T, 64]
  float* q_scale;                               // scratch [T, 64]
  float* weights_partials;                      // scratch [WEIGHTS_OK, T, 64]
  float* weights;                               // scratch [T, 64]
  int* lists;                                   // scratch [T, topk::ListSize(SCORE_LEN)]
  int B;
  int S;
  int D;
  int QL;
  int STATE_BLOCKS;
  int STATE_PAGES;
  int BLOCKS;
  int PAGE;
  int TABLE;
  int SCORE_LEN;
  int IDX_TOPK;
  int offset;
};

using IndexerW8A8Args = IndexerW8A8ArgsOf<compressor::V2>;
using IndexerW8A8V3Args = IndexerW8A8ArgsOf<compressor::V3>;

namespace indexer {

/// The embedded compressor's operands: the indexer's inner_* ones.
template <typename Args>
typename Args::Compressor CompressorOf(const Args& a) {
  typename Args::Compressor inner{};
  inner.x = a.x;
  inner.wkv = a.inner_wkv;
  inner.wgate = a.inner_wgate;
  inner.ape = a.inner_ape;
  inner.norm_w = a.inner_norm_w;
  inner.cos = a.cos;
  inner.sin = a.sin;
  inner.hadamard = a.hadamard;
  inner.compress_state = a.inner_compress_state;
  inner.compress_state_block_table = a.inner_compress_state_block_table;
  inner.cache = a.idx_kv_cache;
  inner.cache_scale = a.idx_kv_scale;
  inner.position_ids = a.position_ids;
  inner.cache_slot_mapping = a.idx_slot_mapping;
  inner.state_slot_mapping = a.inner_state_slot_mapping;
  inner.kv = a.inner_kv;
  inner.kv_proj = a.kv_proj;
  inner.score_proj = a.score_proj;
  inner.pooled = a.pooled;
  inner.B = a.B;
  inner.S = a.S;
  inner.D = a.D;
  inner.STATE_BLOCKS = a.STATE_BLOCKS;
  inner.STATE_PAGES = a.STATE_PAGES;
  inner.CACHE_BLOCKS = a.BLOCKS;
  inner.CACHE_PAGE = a.PAGE;
  return inner;
}

/// The largest split of the weights' inner dimension that scratch is lent for.
inline constexpr int kMostSlices = 14;

}  // namespace indexer
}  // namespace kernels
