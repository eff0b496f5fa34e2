// What each stage of csa_attention_half_layer takes of its operands.
#pragma once

#include "kernels/compressor_ratio4/compressor_ratio4.h"
#include "kernels/csa_attention_half_layer/args.h"
#include "kernels/csa_cache_writeback/csa_cache_writeback.h"
#include "kernels/csa_index_build/csa_index_build.h"
#include "kernels/hc_post/hc_post.h"
#include "kernels/hc_pre/hc_pre.h"
#include "kernels/indexer_w8a8/indexer_w8a8.h"
#include "kernels/qkv_proj_rope/qkv_proj_rope.h"
#include "kernels/rms_norm/rms_norm.h"
#include "kernels/sparse_attention_csa/sparse_attention_csa.h"

namespace kernels::csa_half_layer {

using Args = CsaAttentionHalfLayerArgs;

/// Codes of the index build below this are slots of the ring; S tokens of the step follow, then
/// compressed columns.
inline constexpr int kRing = 128;

inline HcPreArgs HcPreOf(const Args& a) {
  return {.x = a.x_hc,
          .hc_fn = a.hc_attn_fn,
          .hc_scale = a.hc_attn_scale,
          .hc_base = a.hc_attn_base,
          .x_mixed = a.x_mixed,
          .post = a.post,
          .comb = a.comb,
          .wide = nullptr,
          .squares = a.hc_squares,
          .partials = a.hc_partials,
          .mixes = a.hc_mixes,
          .pre = a.hc_weights,
          .T = a.B * a.S,
          .D = a.D};
}

inline RmsNormArgs NormOf(const Args& a) {
  return {
      .x = a.x_mixed, .norm_w = a.attn_norm_w, .x_normed = a.x_normed, .T = a.B * a.S, .D = a.D};
}

inline QkvProjRopeArgs QkvOf(const Args& a) {
  return {.x = a.x_normed,
          .wq_a = a.wq_a,
          .wq_b = a.wq_b,
          .wq_b_scale = a.wq_b_scale,
          .wkv = a.wkv,
          .gamma_cq = a.gamma_cq,
          .gamma_ckv = a.gamma_ckv,
          .rope_cos = a.rope_cos,
          .rope_sin = a.rope_sin,
          .norm_w = nullptr,
          .q = a.q,
          .kv = a.kv,
          .qr = a.qr,
          .qr_scale = a.qr_scale,
          .x_f32 = a.x_f32,
          .r = a.qr_f32,
          .kv_f32 = a.kv_f32,
          .q_sums = a.q_sums,
          .q_f32 = a.q_f32,
          .T = a.B * a.S,
          .D = a.D,
          .QL = a.QL,
          .H = a.H,
          .num_tokens = a.B * a.S};
}

inline CompressorRatio4Args CompressorOf(const Args& a) {
  return {.x = a.x_normed,
          .wkv = a.cmp_wkv,
          .wgate = a.cmp_wgate,
          .ape = a.cmp_ape,
          .norm_w = a.cmp_norm_w,
          .cos = a.cmp_cos,
          .sin = a.cmp_sin,
          .hadamard = nullptr,
          .compress_state = a.compress_state,
          .compress_state_block_table = a.compress_state_block_table,
          .cache = a.cmp_kv,
          .cache_scale = nullptr,
          .position_ids = a.position_ids,
          .cache_slot_mapping = a.cmp_slot_mapping,
          .state_slot_mapping = a.state_slot_mapping,
          .kv = a.cmp_out,
          .kv_proj = a.cmp_kv_proj,
          .score_proj = a.cmp_score_proj,
          .pooled = a.cmp_pooled,
          .B = a.B,
          .S = a.S,
          .D = a.D,
          .STATE_BLOCKS = a.STATE_BLOCKS,
          .STATE_PAGES = a.STATE_PAGES,
          .CACHE_BLOCKS = a.CMP_BLOCKS,
          .CACHE_PAGE = a.CMP_PAGE};
}

inline IndexerW8A8Args IndexerOf(const Args& a) {
  return {.x = a.x_normed,
          .qr = a.qr,
          .qr_scale = a.qr_scale,
          .wq_b = a.idx_wq_b,
          .wq_b_scale = a.idx_wq_b_scale,
          .weights_proj = a.weights_proj,
          .cos = a.idx_cos,
          .sin = a.idx_sin,
          .hadamard = a.hadamard_idx,
          .inner_compress_state = a.inner_compress_state,
          .inner_compress_state_block_table = a.inner_compress_state_block_table,
          .inner_wkv = a.inner_wkv,
          .inner_wgate = a.inner_wgate,
          .inner_ape = a.inner_ape,
          .inner_norm_w = a.inner_norm_w,
          .idx_kv_cache = a.idx_kv_cache,
          .idx_kv_scale = nullptr,
          .idx_block_table = a.idx_block_table,
          .position_ids = a.position_ids,
          .idx_slot_mapping = a.idx_slot_mapping,
          .inner_state_slot_mapping = a.inner_state_slot_mapping,
          .kv_seq_lens = a.kv_seq_lens,
          .inner_kv = a.inner_kv,
          .score = a.score,
          .topk_idxs = a.topk_idxs,
          .kv_proj = a.inner_kv_proj,
          .score_proj = a.inner_score_proj,
          .pooled = a.inner_pooled,
          .q_sums = a.idx_q_sums,
          .q = a.idx_q,
          .q_rot = a.idx_q_rot,
          .q_words = a.idx_q_words,
          .q_starts = a.idx_q_starts,
          .q_scale = a.idx_q_scale,
          .weights_partials = a.idx_weight_partials,
          .weights = a.idx_weights,
          .lists = a.idx_lists,
          .B = a.B,
          .S = a.S,
          .D = a.D,
          .QL = a.QL,
          .STATE_BLOCKS = a.STATE_BLOCKS,
          .STATE_PAGES = a.STATE_PAGES,
          .BLOCKS = a.IDX_BLOCKS,
          .PAGE = a.IDX_PAGE,
          .TABLE = a.IDX_MAX,
          .SCORE_LEN = a.SCORE_LEN,
          .IDX_TOPK = a.IDX_TOPK,
          .offset = kRing + a.S};
}

inline CsaIndexBuildArgs IndexOf(const Args& a) {
  return {.position_ids = a.position_ids,
          .kv_seq_lens = a.kv_seq_lens,
          .topk_idxs = a.topk_idxs,
          .cmp_sparse_indices = a.cmp_sparse_indices,
          .valid_block_mask = a.valid_block_mask,
          .B = a.B,
          .S = a.S,
          .SCORE_LEN = a.SCORE_LEN,
          .IDX_TOPK = a.IDX_TOPK};
}

/// Of its members, those that contract V2 of CSA uses.
inline AttentionArgs AttentionOf(const Args& a) {
  AttentionArgs out{};
  out.q = a.q;
  out.ori_kv = a.kv_cache;
  out.ori_block_table = a.ori_block_table;
  out.mtp_kv_overlay = a.kv;
  out.cmp_kv = a.cmp_kv;
  out.cmp_block_table = a.cmp_block_table;
  out.cmp_sparse_indices = a.cmp_sparse_indices;
  out.valid_block_mask = a.valid_block_mask;
  out.attn_sink = a.attn_sink;
  out.freqs_cos = a.rope_cos;
  out.freqs_sin = a.rope_sin;
  out.wo_a = a.wo_a;
  out.wo_b = a.wo_b;
  out.wo_b_scale = a.wo_b_scale;
  out.attn_out = a.attn_out;
  out.o = a.o;
  out.rows = a.rows;
  out.counts = a.counts;
  out.block_max = a.block_max;
  out.block_sum = a.block_sum;
  out.block_out = a.block_out;
  out.rope_in = a.rope_in;
  out.a = a.lora;
  out.codes = a.codes;
  out.code_scale = a.code_scale;
  out.partial = a.partial;
  out.B = a.B;
  out.S = a.S;
  out.H = a.H;
  out.D = a.D;
  out.G = a.G;
  out.O_LORA = a.O_LORA;
  out.TOPK = kRing + a.IDX_TOPK;
  out.ORI_BLOCKS = a.ORI_BLOCKS;
  out.CMP_BLOCKS = a.CMP_BLOCKS;
  out.CMP_PAGE = a.CMP_PAGE;
  out.CMP_MAX = a.CMP_MAX;
  return out;
}

inline CsaCacheWritebackArgs WritebackOf(const Args& a) {
  return {.kv = a.kv,
          .ori_slot_mapping = a.ori_slot_mapping,
          .kv_cache = a.kv_cache,
          .T = a.B * a.S,
          .ORI_BLOCKS = a.ORI_BLOCKS};
}

inline HcPostArgs HcPostOf(const Args& a) {
  return {.x = a.attn_out,
          .residual = a.x_hc,
          .post = a.post,
          .comb = a.comb,
          .y = a.x_out,
          .T = a.B * a.S,
          .D = a.D};
}

}  // namespace kernels::csa_half_layer
