// The operands of csa_attention_half_layer (kernels.md §7.0, contract V2 but for FP32 streams): one
// attention half of a ratio-4 layer in a decode step.
//
// Contract of every call:
// - B batches decode S tokens each, 1 <= S <= 4, at consecutive positions; T = B·S, token t = b·S +
//   s. Positions are below MAX_SEQ, the rows of the RoPE tables.
// - Slots and tables agree: ori_slot_mapping is the row of ring slot position % 128 in the batch's
//   window page; cmp_slot_mapping and idx_slot_mapping that of compressed column position / 4 where
//   the token ends a window; −1 writes nothing. Rows that are written are distinct.
// - kv_seq_lens counts this step's tokens. SCORE_LEN and the tables hold all columns that are
//   visible.
// - What the stages ask of theirs: kernels/compressor/args.h, kernels/indexer_w8a8/args.h.
// - Nothing aliases. Scratch may hold anything before and holds the stages' results afterwards.
#pragma once

#include "tuner/abi.h"

namespace kernels {

using tilesmith::bf16;

struct CsaAttentionHalfLayerArgs {
  const float* x_hc;  // [T, 4, D] the residual streams

  // hc_pre and the norm behind it.
  const float* hc_attn_fn;     // [24, 4·D]
  const float* hc_attn_scale;  // [3]
  const float* hc_attn_base;   // [24]
  const bf16* attn_norm_w;     // [D]

  // qkv_proj_rope. Tables of all positions, in which columns 32 … 63 repeat 0 … 31.
  const bf16* wq_a;         // [D, QL]
  const signed char* wq_b;  // [QL, H·512]
  const float* wq_b_scale;  // [H·512]
  const bf16* wkv;          // [D, 512]
  const bf16* gamma_cq;     // [QL]
  const bf16* gamma_ckv;    // [512]
  const bf16* freqs_cos;    // [MAX_SEQ, 64]
  const bf16* freqs_sin;    // [MAX_SEQ, 64]

  // compressor_ratio4.
  const bf16* cmp_wkv;                    // [1024, D]
  const bf16* cmp_wgate;                  // [1024, D]
  const float* cmp_ape;                   // [4, 1024]
  const bf16* cmp_norm_w;                 // [512]
  float* compress_state;                  // [STATE_BLOCKS, 4, 2048] in/out
  const int* compress_state_block_table;  // [B, STATE_PAGES]

  // indexer_w8a8.
  const signed char* idx_wq_b;                  // [QL, 8192]
  const float* idx_wq_b_scale;                  // [8192]
  const bf16* weights_proj;                     // [D, 64]
  const bf16* hadamard_idx;                     // [128, 128]
  const bf16* inner_wkv;                        // [256, D]
  const bf16* inner_wgate;                      // [256, D]
  const float* inner_ape;                       // [4, 256]
  const bf16* inner_norm_w;                     // [128]
  float* inner_compress_state;                  // [STATE_BLOCKS, 4, 512] in/out
  const int* inner_compress_state_block_table;  // [B, STATE_PAGES]
  bf16* idx_kv_cache;                           // [IDX_BLOCKS, IDX_PAGE, 1, 128] in/out
  const int* idx_block_table;                   // [B, IDX_MAX]

  // Sparse attention.
  bf16* kv_cache;              // [ORI_BLOCKS, 128, 1, 512] in/out: the window rings
  const int* ori_block_table;  // [B, 1]
  bf16* cmp_kv;                // [CMP_BLOCKS, CMP_PAGE, 1, 512] in/out
  const int* cmp_block_table;  // [B, CMP_MAX]
  const float* attn_sink;      // [H]
  const bf16* wo_a;            // [G, O_LORA, H/G·512]
  const signed char* wo_b;     // [D, G·O_LORA]
  const float* wo_b_scale;     // [D]

  // Where the step is, and where it writes.
  const int* position_ids;               // [B, S]
  const int* kv_seq_lens;                // [B]
  const long* ori_slot_mapping;          // [B, S] rows of kv_cache
  const long* cmp_slot_mapping;          // [B, S] rows of cmp_kv
  const long* state_slot_mapping;        // [B, S] rows of compress_state
  const long* idx_slot_mapping;          // [B, S] rows of idx_kv_cache
  const long* inner_state_slot_mapping;  // [B, S] rows of inner_compress_state

  bf16* x_normed;  // [T, D] out: what all projections read
  float* x_out;    // [T, 4, D] out

  // Scratch. Between the stages:
  bf16* x_mixed;            // [T, D]
  float* post;              // [T, 4]
  float* comb;              // [T, 16]
  bf16* rope_cos;           // [T, 64] of each token
  bf16* rope_sin;           // [T, 64]
  float* cmp_cos;           // [B, 32] of the window that the first token is in
  float* cmp_sin;           // [B, 32]
  float* idx_cos;           // [B, 32] of the first token
  float* idx_sin;           // [B, 32]
  bf16* q;                  // [T, H, 512]
  bf16* kv;                 // [T, 512]
  signed char* qr;          // [T, QL]
  float* qr_scale;          // [T, 1]
  float* cmp_out;           // [T, 512]
  float* inner_kv;          // [T, 128]
  float* score;             // [T, SCORE_LEN]
  int* topk_idxs;           // [T, SCORE_LEN]
  int* cmp_sparse_indices;  // [T, 128 + IDX_TOPK]
  int* valid_block_mask;    // [T, blocks of 128 of those, at least 2]
  bf16* attn_out;           // [T, D]
  // Of hc_pre:
  float* hc_squares;   // [T, 64]
  float* hc_partials;  // [64, T, 24]
  float* hc_mixes;     // [24, T]
  float* hc_weights;   // [4, T]
  // Of qkv_proj_rope:
  float* x_f32;   // [T, D]
  float* qr_f32;  // [14, T, QL]
  float* kv_f32;  // [14, T, 512]
  int* q_sums;    // simd::SumsSize(T, H·512)
  float* q_f32;   // [T, H·512]
  // Of the compressors:
  float* cmp_kv_proj;       // [T, 1024]
  float* cmp_score_proj;    // [T, 1024]
  float* cmp_pooled;        // [B, 512]
  float* inner_kv_proj;     // [T, 256]
  float* inner_score_proj;  // [T, 256]
  float* inner_pooled;      // [B, 128]
  // Of the indexer:
  int* idx_q_sums;             // simd::SumsSize(T, 8192)
  float* idx_q;                // [T, 8192]
  bf16* idx_q_rot;             // [T, 8192]
  int* idx_q_words;            // [T, 8192]
  int* idx_q_starts;           // [T, 64]
  float* idx_q_scale;          // [T, 64]
  float* idx_weight_partials;  // [14, T, 64]
  float* idx_weights;          // [T, 64]
  int* idx_lists;              // [T, topk::ListSize(SCORE_LEN)]
  // Of the attention, N blocks of 128 columns per token:
  bf16* o;               // [T, H, 512]
  int* rows;             // [T, N, 128]
  int* counts;           // [T, N]
  float* block_max;      // [T, N, H]
  float* block_sum;      // [T, N, H]
  float* block_out;      // [T, N, H, 512]
  float* rope_in;        // [T, H, 64]
  float* lora;           // [T, G, O_LORA]
  unsigned char* codes;  // see OProjArgs
  float* code_scale;     // [T, G]
  int* partial;          // see OProjArgs

  int B;
  int S;
  int D;
  int H;
  int QL;
  int G;
  int O_LORA;
  int IDX_TOPK;
  int SCORE_LEN;
  int MAX_SEQ;
  int STATE_BLOCKS;
  int STATE_PAGES;
  int IDX_BLOCKS;
  int IDX_PAGE;
  int IDX_MAX;
  int ORI_BLOCKS;
  int CMP_BLOCKS;
  int CMP_PAGE;
  int CMP_MAX;
};

}  // namespace kernels
