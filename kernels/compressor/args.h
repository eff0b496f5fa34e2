// The operands of the decode compressors (kernels.md §3, §4, §5). Three kernels share them, told
// apart by a shape: compressor_ratio4, compressor_ratio128 and indexer_compressor. Their contracts
// differ in how state and cache are addressed, which makes four structs:
//
//   SlottedArgs     V2, V3  state pages through a table, slot mappings say where to write
//   TabledArgs      V1      block tables for everything, weights [D, OUT]
//   ContiguousArgs  V0      a state of a few slots per batch, one position for all
//   Ratio128V0Args  V0      the same, of compressor_ratio128, which was yet another contract
//
// Contract of every call, for all of them:
// - B batches decode S tokens each, 1 <= S <= kRatio, at consecutive positions: a step ends at most
//   one window. V0 has S = 1.
// - Table entries are page numbers of their pool, slots are rows of theirs; -1 is "not mapped" or
//   "do not write". Rows that are written are distinct. Of a window that is pooled at least one row
//   is mapped and has a finite score.
// - Nothing aliases. Scratch may hold anything before and holds the stages' results afterwards.
#pragma once

#include "kernels/simd/vec.h"

namespace kernels::compressor {

/// kOverlap: a window is 2·kRatio tokens, the earlier half pooled by its first kHeadDim columns and
/// the later by the others. kRotates: the row is multiplied by a matrix before it is stored.
struct Ratio4 {
  static constexpr int kRatio = 4, kHeadDim = 512, kStatePage = 4;
  static constexpr bool kOverlap = true, kRotates = false;
};
struct Ratio128 {
  static constexpr int kRatio = 128, kHeadDim = 512, kStatePage = 8;
  static constexpr bool kOverlap = false, kRotates = false;
};
struct Indexer {
  static constexpr int kRatio = 4, kHeadDim = 128, kStatePage = 4;
  static constexpr bool kOverlap = true, kRotates = true;
};

/// OUT: columns of a projection.
template <typename Shape>
inline constexpr int kOutDim = Shape::kHeadDim*(Shape::kOverlap ? 2 : 1);
/// Tokens of a window.
template <typename Shape>
inline constexpr int kSlots = Shape::kRatio*(Shape::kOverlap ? 2 : 1);

inline constexpr int kRopeDim = 64;  // the last columns of a row
inline constexpr int kRopeHalf = kRopeDim / 2;

/// V3 leaves kv at 0 where the boundary token has no cache slot, and stores rotated rows as codes.
struct V2 {
  static constexpr bool kGatesKv = false, kCodes = false;
};
struct V3 {
  static constexpr bool kGatesKv = true, kCodes = true;
};

template <bool kCodes>
struct CacheElement {
  typedef bf16 Type;
};
template <>
struct CacheElement<true> {
  typedef signed char Type;
};

template <typename Shape, typename Generation>
struct SlottedArgs {
  static constexpr bool kCodes = Generation::kCodes && Shape::kRotates;
  typedef typename CacheElement<kCodes>::Type Cache;

  const bf16* x;                          // [B, S, D]
  const bf16* wkv;                        // [OUT, D]
  const bf16* wgate;                      // [OUT, D]
  const float* ape;                       // [kRatio, OUT], added to the score by position
  const bf16* norm_w;                     // [kHeadDim]
  const float* cos;                       // [B, 32], of the window's first position
  const float* sin;                       // [B, 32]
  const bf16* hadamard;                   // [kHeadDim, kHeadDim] where kRotates, else unused
  float* compress_state;                  // [STATE_BLOCKS, kStatePage, 2·OUT] in/out: kv | score
  const int* compress_state_block_table;  // [B, STATE_PAGES]
  Cache* cache;                           // [CACHE_BLOCKS, CACHE_PAGE, 1, kHeadDim] in/out
  float* cache_scale;                     // [CACHE_BLOCKS, CACHE_PAGE, 1, 1] in/out where kCodes
  const int* position_ids;                // [B, S]
  const long* cache_slot_mapping;         // [B, S], used of the token that ends a window
  const long* state_slot_mapping;         // [B, S]
  float* kv;                              // [B, S, kHeadDim] out: row 0 of a batch, others 0
  float* kv_proj;                         // scratch [B·S, OUT]
  float* score_proj;                      // scratch [B·S, OUT]
  float* pooled;                          // scratch [B, kHeadDim]
  int B;
  int S;
  int D;
  int STATE_BLOCKS;
  int STATE_PAGES;
  int CACHE_BLOCKS;
  int CACHE_PAGE;
};

template <typename Shape>
struct TabledArgs {
  static constexpr bool kCodes = false;
  typedef bf16 Cache;

  const bf16* x;          // [B, S, D]
  const bf16* wkv;        // [D, OUT]
  const bf16* wgate;      // [D, OUT]
  const float* ape;       // [kRatio, OUT]
  const float* norm_w;    // [kHeadDim]
  const float* cos;       // [B, 32]
  const float* sin;       // [B, 32]
  const int* even_idx;    // [1, 32] 0, 2, 4, …: for the original's gather, not read
  const int* odd_idx;     // [1, 32] 1, 3, 5, …: the same
  const bf16* hadamard;   // [kHeadDim, kHeadDim] where kRotates, else unused
  float* compress_state;  // [STATE_BLOCKS, kStatePage, 2·OUT] in/out: kv | score
  const int* compress_state_block_table;  // [B, STATE_PAGES]
  Cache* cache;                           // [CACHE_BLOCKS, CACHE_PAGE, 1, kHeadDim] in/out
  const int* cache_block_table;           // [B, CACHE_PAGES]
  const int* start_pos;                   // [B]
  float* kv;                              // [B, S, kHeadDim] out: row 0 of a batch, others 0
  float* kv_proj;                         // scratch [B·S, OUT]
  float* score_proj;                      // scratch [B·S, OUT]
  float* pooled;                          // scratch [B, kHeadDim]
  int B;
  int S;
  int D;
  int STATE_BLOCKS;
  int STATE_PAGES;
  int CACHE_BLOCKS;
  int CACHE_PAGE;
  int CACHE_PAGES;
};

template <typename Shape>
struct ContiguousArgs {
  static constexpr bool kCodes = false;
  typedef bf16 Cache;

  const bf16* x;         // [B, S, D]
  const bf16* wkv;       // [D, OUT]
  const bf16* wgate;     // [D, OUT]
  const float* ape;      // [kRatio, OUT]
  const float* norm_w;   // [kHeadDim]
  const float* cos;      // [1, 32]
  const float* sin;      // [1, 32]
  const bf16* hadamard;  // [kHeadDim, kHeadDim]
  float* kv_state;       // [B, 8, OUT] in/out: the previous window's slots, then the current one's
  float* score_state;    // [B, 8, OUT] in/out
  Cache* cache;          // [B, CACHE_LEN, kHeadDim] in/out
  float* kv;             // [B, S, kHeadDim] out
  float* kv_proj;        // scratch [B·S, OUT]
  float* score_proj;     // scratch [B·S, OUT]
  float* pooled;         // scratch [B, kHeadDim]
  int B;
  int S;
  int D;
  int CACHE_LEN;
  int start_pos;
  int rotate;  // 0: store the row as it is, else times hadamard
};

/// compressor_ratio128 before there were pages. RoPE turns columns 448 + i with 480 + i, not
/// neighbours; all is FP32 up to the output's rounding; there is no cache.
struct Ratio128V0Args {
  static constexpr bool kCodes = false;

  const bf16* x;       // [B, S, D]
  const bf16* wkv;     // [512, D]
  const bf16* wgate;   // [512, D]
  const float* ape;    // [128, 512]
  const bf16* norm_w;  // [512]
  const bf16* cos;     // [1, 32]
  const bf16* sin;     // [1, 32]
  float* kv_state;     // [B, 128, 512] in/out
  float* score_state;  // [B, 128, 512] in/out
  bf16* out;           // [B, 512] out: 0 when the token ends no window
  float* kv_proj;      // scratch [B·S, 512]
  float* score_proj;   // scratch [B·S, 512]
  float* pooled;       // scratch [B, 512]
  int B;
  int S;
  int D;
  int start_pos;
};

}  // namespace kernels::compressor
