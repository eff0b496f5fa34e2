// What the packed prefill compressors share (kernels.md §6.2, §6.3): one prompt chunk of T tokens,
// of which the first num_tokens count, leaves compressed rows at the tokens that end a window and
// its own projections in the rolling state.
//
//   kv = x·WKVᵀ, score = x·WGATEᵀ + ape[position % ratio]
//   for a token with a slot in cmp_slot_mapping: the rows of its window, taken from this chunk, else
//     from the state as it was before the call; pooled, normalised, rotated, rounded to bf16
//   last, the state rows of the tokens with a slot in state_slot_mapping
//
// The state is written last because a chunk may recycle the very pages that hold its history.
#pragma once

#include "tuner/abi.h"

namespace kernels {

using tilesmith::bf16;

inline constexpr int kCompressedRopeDim = 64;

/// Windows of ratio 4: eight slots, the four before the ratio's own with the projection's first 512
/// columns, its own four with the last 512. A row without history counts nothing.
struct PrefillRatio4 {
  static constexpr int kRatio = 4;
  static constexpr int kSlots = 8;
  static constexpr int kHead = 512;  // columns of a compressed row
  static constexpr int kOut = 1024;  // columns of a projection
  static constexpr int kPage = 4;    // rows of a state page
  static constexpr bool kMissingCounts = false;
  /// The first column of slot s.
  static constexpr int Column(int s) { return s < kRatio ? 0 : kHead; }
};

/// Windows of ratio 128: exactly its 128 rows, all columns. A row without history counts with kv 0
/// and score 0 and so dilutes the softmax: the contract of V2 and V3 (kernels.md (c) 7).
struct PrefillRatio128 {
  static constexpr int kRatio = 128;
  static constexpr int kSlots = 128;
  static constexpr int kHead = 512;
  static constexpr int kOut = 512;
  static constexpr int kPage = 8;
  static constexpr bool kMissingCounts = true;
  static constexpr int Column(int) { return 0; }
};

/// The indexer's own compressor: as ratio 4, a quarter as wide.
struct PrefillIndexerRatio4 : PrefillRatio4 {
  static constexpr int kHead = 128;
  static constexpr int kOut = 256;
  static constexpr int Column(int s) { return s < kRatio ? 0 : kHead; }
};

/// HEAD, OUT, ratio and page are the ratio's. Contract V2 has two state pools, V3 one; the other pointers
/// are null. Positions lie in [0, MAX_SEQ), those that a window reaches back to; a page past
/// MAX_BLOCKS is not mapped. The active tokens' positions differ, and so do the slots that are not −1. A slot in cmp_slot_mapping stands at a
/// token whose position ends a window, (position + 1) % ratio == 0. num_tokens above T counts as T.
struct PrefillCompressorArgs {
  const bf16* x;                          // [T, D]
  const bf16* wkv;                        // [OUT, D]
  const bf16* wgate;                      // [OUT, D]
  const float* ape;                       // [ratio, OUT]
  const bf16* norm_w;                     // [HEAD]
  const bf16* freqs_cos;                  // [MAX_SEQ, 64], columns 32 … 63 unused
  const bf16* freqs_sin;                  // [MAX_SEQ, 64]
  float* kv_state;                        // V2 [STATE_BLOCKS, page, OUT] in/out
  float* score_state;                     // V2 [STATE_BLOCKS, page, OUT] in/out
  float* compress_state;                  // V3 [STATE_BLOCKS, page, 2·OUT] in/out: kv | score
  const int* compress_state_block_table;  // [MAX_BLOCKS] pages of the state, −1: not mapped
  bf16* cmp_kv;                  // [CMP_BLOCKS, CMP_PAGE, 1, HEAD] in/out; null in the indexer's V3
  const int* position_ids;       // [T]
  const long* cmp_slot_mapping;  // [T] row of cmp_kv, −1: none
  const long* state_slot_mapping;  // [T] row of the state, −1: none
  float* kv;                       // scratch [T, OUT]
  float* score;                    // scratch [T, OUT]
  float* pooled;                   // scratch [T, HEAD]
  int* windows;                    // scratch [T]
  const bf16* hadamard;            // the indexer's [128, 128], input first; else null
  bf16* rounded;                   // the indexer's scratch [T, HEAD]
  float* product;                  // the indexer's scratch [T, HEAD]
  bf16* kv_rows;                   // the indexer's V2 [T/4, HEAD] out
  signed char* kv_codes;           // the indexer's V3 [T/4, HEAD] out
  signed char* idx_kv_cache;       // the indexer's V3 [CMP_BLOCKS, CMP_PAGE, 1, HEAD] in/out
  float* idx_kv_scale;             // the indexer's V3 [CMP_BLOCKS, CMP_PAGE, 1, 1] in/out
  int T;
  int D;
  int num_tokens;
  int MAX_SEQ;
  int MAX_BLOCKS;
  int STATE_BLOCKS;
  int CMP_BLOCKS;
  int CMP_PAGE;
};

}  // namespace kernels
