// The operands of the sparse attention kernels (kernels.md §7.2, §7.3, §7.5). Every kernel of the
// family takes this struct and uses the members that its contract names; the others may be null.
//
// One vector of 512 is key and value at once, for all heads; its last 64 elements are rotated.
// T = B·S tokens, token t = b·S + s. The window cache has pages of 128 rows; the compressed cache
// has pages of CMP_PAGE rows, found through a table whose entries may be −1: not mapped.
#pragma once

#include "tuner/abi.h"

namespace kernels {

using tilesmith::bf16;

inline constexpr long kHeadDim = 512;
inline constexpr long kRopeDim = 64;
inline constexpr long kNopeDim = kHeadDim - kRopeDim;
inline constexpr long kWindow = 128;  // tokens, and rows of a window page
/// ATTN_K_TILE: keys are taken in blocks of this many columns. Part of the contract, not a tile:
/// weights round to bf16 relative to their block's largest score.
inline constexpr long kAttnKTile = 128;
inline constexpr float kSoftmaxScale = 0.044194173824159216f;  // 512^-1/2

struct AttentionArgs {
  const bf16* q;                  // [T, H, 512]
  const bf16* ori_kv;             // [ORI_BLOCKS, 128, 1, 512] the window cache
  const int* ori_block_table;     // [B] a batch's window page (V2)
  const bf16* mtp_kv_overlay;     // [T, 512] this step's rows, not yet in the cache (V2)
  const bf16* cmp_kv;             // [CMP_BLOCKS, CMP_PAGE, 1, 512] the compressed cache
  const int* cmp_block_table;     // [B, CMP_MAX]; of prefill [CMP_MAX]
  const int* cmp_sparse_indices;  // codes (V2) or compressed columns (V3)
  const int* cmp_sparse_lens;     // [T] columns of it that are read (V2 prefill)
  const int* window_indices;      // [T, 128] rows of ori_kv, −1 none (V3)
  const int* window_lens;         // [T] columns of it that are read (V3 SWA)
  const int* idx_topk;            // [T, SCORE_LEN] compressed columns, IDX_TOPK are read (V3 CSA)
  const int* position_ids;        // [T] (V3 CSA)
  const int* valid_block_mask;    // not read: the codes say the same
  const float* win_bias;          // not read: the codes say the same
  const float* attn_sink;         // [H]
  const bf16* freqs_cos;          // [T, 64], of which 32 columns are read
  const bf16* freqs_sin;          // [T, 64]
  const bf16* wo_a;               // [G, O_LORA, H/G·512]
  const signed char* wo_b;        // [D, G·O_LORA]
  const float* wo_b_scale;        // [D]
  bf16* attn_out;                 // [T, D] out
  bf16* o;                        // [T, H, 512] out of the core alone, else scratch

  // Scratch of the core. N blocks of columns per token, see the registration.
  int* rows;         // [T, N, 128] which rows a block has, see RowPools
  int* counts;       // [T, N] how many
  int* items;        // [T·N + 1] V3: blocks that have any
  bf16* gathered;    // [T, N, 128, 512] V3: those rows
  float* block_max;  // [T, N, H]
  float* block_sum;  // [T, N, H]
  float* block_out;  // [T, N, H, 512]
  float* rope_in;    // [T, H, 64]
  // Scratch of the output projection, see OProjArgs.
  float* a;
  unsigned char* codes;
  float* code_scale;
  int* partial;

  int B = 1;
  int S;
  int H;
  int D;
  int G;
  int O_LORA;
  int TOPK;        // columns of cmp_sparse_indices
  int IDX_TOPK;    // columns of idx_topk that are read
  int SCORE_LEN;   // columns of idx_topk
  int ORI_BLOCKS;  // pages of the window cache
  int CMP_BLOCKS;  // pages of the compressed cache
  int CMP_PAGE;    // rows of one of them
  int CMP_MAX;     // entries of a batch's table
  int num_tokens;  // prefill: tokens from here on are padding
};

}  // namespace kernels
