#include "kernels/csa_attention_half_layer/csa_attention_half_layer_golden.h"

#include <algorithm>
#include <cstddef>

#include "kernels/attention/attention_golden.h"
#include "kernels/compressor_ratio4/compressor_ratio4_golden.h"
#include "kernels/csa_cache_writeback/csa_cache_writeback_golden.h"
#include "kernels/csa_index_build/csa_index_build_golden.h"
#include "kernels/golden/rounding.h"
#include "kernels/hc_post/hc_post_golden.h"
#include "kernels/hc_pre/hc_pre_golden.h"
#include "kernels/indexer_w8a8/indexer_w8a8_golden.h"
#include "kernels/qkv_proj_rope/qkv_proj_rope_golden.h"
#include "kernels/rms_norm/rms_norm_golden.h"

namespace kernels {
namespace golden {
namespace {

using Args = CsaAttentionHalfLayerArgs;

constexpr int kHead = 512, kTableColumns = 64, kHalf = 32, kIndexHead = 128, kRatio = 4;
constexpr int kWin = 128;

std::size_t At(int n) { return static_cast<std::size_t>(n); }
std::size_t Tokens(const Args& a) { return At(a.B) * At(a.S); }
int TokenCount(const Args& a) { return a.B * a.S; }

struct Mixed {
  std::vector<bf16> x;
  std::vector<float> post, comb;
};

Mixed MixStreams(const Args& a) {
  Mixed mixed{std::vector<bf16>(Tokens(a) * At(a.D)), std::vector<float>(Tokens(a) * 4),
              std::vector<float>(Tokens(a) * 16)};
  HcPreArgs stage{};
  stage.x = a.x_hc;
  stage.hc_fn = a.hc_attn_fn;
  stage.hc_scale = a.hc_attn_scale;
  stage.hc_base = a.hc_attn_base;
  stage.x_mixed = mixed.x.data();
  stage.post = mixed.post.data();
  stage.comb = mixed.comb.data();
  stage.T = TokenCount(a);
  stage.D = a.D;
  HcPreGolden(stage);
  return mixed;
}

// Whole rows of the tables, one per token.
std::vector<bf16> TokenAngles(const Args& a, const bf16* table) {
  std::vector<bf16> rows;
  for (std::size_t t = 0; t < Tokens(a); ++t) {
    const bf16* row = table + At(a.position_ids[t]) * kTableColumns;
    rows.insert(rows.end(), row, row + kTableColumns);
  }
  return rows;
}

// The first half of a row per batch, as FP32: of the first token's position, rounded down to a
// multiple of `unit`.
std::vector<float> BatchAngles(const Args& a, const bf16* table, int unit) {
  std::vector<float> rows;
  for (int b = 0; b < a.B; ++b) {
    const int position = a.position_ids[b * a.S] / unit * unit;
    for (int i = 0; i < kHalf; ++i) rows.push_back(ToFloat(table[position * kTableColumns + i]));
  }
  return rows;
}

std::vector<int> BuildIndex(const Args& a, const std::vector<int>& topk) {
  std::vector<int> codes(Tokens(a) * At(kWin + a.IDX_TOPK));
  std::vector<int> mask(Tokens(a) * At(std::max(2, (kWin + a.IDX_TOPK + 127) / 128)));
  CsaIndexBuildArgs stage{};
  stage.position_ids = a.position_ids;
  stage.kv_seq_lens = a.kv_seq_lens;
  stage.topk_idxs = topk.data();
  stage.cmp_sparse_indices = codes.data();
  stage.valid_block_mask = mask.data();
  stage.B = a.B;
  stage.S = a.S;
  stage.SCORE_LEN = a.SCORE_LEN;
  stage.IDX_TOPK = a.IDX_TOPK;
  CsaIndexBuildGolden(stage);
  return codes;
}

void SetSizes(const Args& a, AttentionArgs* stage) {
  stage->B = a.B;
  stage->S = a.S;
  stage->H = a.H;
  stage->D = a.D;
  stage->G = a.G;
  stage->O_LORA = a.O_LORA;
  stage->TOPK = kWin + a.IDX_TOPK;
  stage->ORI_BLOCKS = a.ORI_BLOCKS;
  stage->CMP_BLOCKS = a.CMP_BLOCKS;
  stage->CMP_PAGE = a.CMP_PAGE;
  stage->CMP_MAX = a.CMP_MAX;
}

std::vector<bf16> Attention(const Args& a, const HalfLayerQkv& qkv, const std::vector<int>& codes) {
  std::vector<bf16> attn_out(Tokens(a) * At(a.D));
  const std::vector<bf16> cos = TokenAngles(a, a.freqs_cos), sin = TokenAngles(a, a.freqs_sin);
  AttentionArgs stage{};
  stage.q = qkv.q.data();
  stage.ori_kv = a.kv_cache;
  stage.ori_block_table = a.ori_block_table;
  stage.mtp_kv_overlay = qkv.kv.data();
  stage.cmp_kv = a.cmp_kv;
  stage.cmp_block_table = a.cmp_block_table;
  stage.cmp_sparse_indices = codes.data();
  stage.attn_sink = a.attn_sink;
  stage.freqs_cos = cos.data();
  stage.freqs_sin = sin.data();
  stage.wo_a = a.wo_a;
  stage.wo_b = a.wo_b;
  stage.wo_b_scale = a.wo_b_scale;
  stage.attn_out = attn_out.data();
  SetSizes(a, &stage);
  AttentionGolden<&CodedColumns>(stage);
  return attn_out;
}

void MixBack(const Args& a, const Mixed& mixed, const std::vector<bf16>& attn_out) {
  HcPostArgs stage{};
  stage.x = attn_out.data();
  stage.residual = a.x_hc;
  stage.post = mixed.post.data();
  stage.comb = mixed.comb.data();
  stage.y = a.x_out;
  stage.T = TokenCount(a);
  stage.D = a.D;
  HcPostGolden(stage);
}

}  // namespace

HalfLayerQkv HalfLayerProject(const Args& a, const bf16* x_normed) {
  HalfLayerQkv out{std::vector<bf16>(Tokens(a) * At(a.H) * kHead),
                   std::vector<bf16>(Tokens(a) * kHead),
                   std::vector<std::int8_t>(Tokens(a) * At(a.QL)), std::vector<float>(Tokens(a))};
  const std::vector<bf16> cos = TokenAngles(a, a.freqs_cos), sin = TokenAngles(a, a.freqs_sin);
  QkvProjRopeArgs stage{};
  stage.x = x_normed;
  stage.wq_a = a.wq_a;
  stage.wq_b = a.wq_b;
  stage.wq_b_scale = a.wq_b_scale;
  stage.wkv = a.wkv;
  stage.gamma_cq = a.gamma_cq;
  stage.gamma_ckv = a.gamma_ckv;
  stage.rope_cos = cos.data();
  stage.rope_sin = sin.data();
  stage.q = out.q.data();
  stage.kv = out.kv.data();
  stage.qr = out.qr.data();
  stage.qr_scale = out.qr_scale.data();
  stage.T = TokenCount(a);
  stage.D = a.D;
  stage.QL = a.QL;
  stage.H = a.H;
  QkvProjRopeGolden(stage);
  return out;
}

void HalfLayerCompress(const Args& a, const bf16* x_normed) {
  const std::vector<float> cos = BatchAngles(a, a.freqs_cos, kRatio);
  const std::vector<float> sin = BatchAngles(a, a.freqs_sin, kRatio);
  std::vector<float> kv(Tokens(a) * kHead);  // the cache gets what attention needs of it
  CompressorRatio4Args stage{};
  stage.x = x_normed;
  stage.wkv = a.cmp_wkv;
  stage.wgate = a.cmp_wgate;
  stage.ape = a.cmp_ape;
  stage.norm_w = a.cmp_norm_w;
  stage.cos = cos.data();
  stage.sin = sin.data();
  stage.compress_state = a.compress_state;
  stage.compress_state_block_table = a.compress_state_block_table;
  stage.cache = a.cmp_kv;
  stage.position_ids = a.position_ids;
  stage.cache_slot_mapping = a.cmp_slot_mapping;
  stage.state_slot_mapping = a.state_slot_mapping;
  stage.kv = kv.data();
  stage.B = a.B;
  stage.S = a.S;
  stage.D = a.D;
  stage.STATE_BLOCKS = a.STATE_BLOCKS;
  stage.STATE_PAGES = a.STATE_PAGES;
  stage.CACHE_BLOCKS = a.CMP_BLOCKS;
  stage.CACHE_PAGE = a.CMP_PAGE;
  CompressorRatio4Golden(stage);
}

namespace {

// The indexer's operands that are the layer's own.
IndexerW8A8Args IndexerInputs(const Args& a) {
  IndexerW8A8Args stage{};
  stage.wq_b = a.idx_wq_b;
  stage.wq_b_scale = a.idx_wq_b_scale;
  stage.weights_proj = a.weights_proj;
  stage.hadamard = a.hadamard_idx;
  stage.inner_compress_state = a.inner_compress_state;
  stage.inner_compress_state_block_table = a.inner_compress_state_block_table;
  stage.inner_wkv = a.inner_wkv;
  stage.inner_wgate = a.inner_wgate;
  stage.inner_ape = a.inner_ape;
  stage.inner_norm_w = a.inner_norm_w;
  stage.idx_kv_cache = a.idx_kv_cache;
  stage.idx_block_table = a.idx_block_table;
  stage.position_ids = a.position_ids;
  stage.idx_slot_mapping = a.idx_slot_mapping;
  stage.inner_state_slot_mapping = a.inner_state_slot_mapping;
  stage.kv_seq_lens = a.kv_seq_lens;
  return stage;
}

void SetSizes(const Args& a, IndexerW8A8Args* stage) {
  stage->B = a.B;
  stage->S = a.S;
  stage->D = a.D;
  stage->QL = a.QL;
  stage->STATE_BLOCKS = a.STATE_BLOCKS;
  stage->STATE_PAGES = a.STATE_PAGES;
  stage->BLOCKS = a.IDX_BLOCKS;
  stage->PAGE = a.IDX_PAGE;
  stage->TABLE = a.IDX_MAX;
  stage->SCORE_LEN = a.SCORE_LEN;
  stage->IDX_TOPK = a.IDX_TOPK;
  stage->offset = kWin + a.S;
}

}  // namespace

std::vector<int> HalfLayerIndex(const Args& a, const bf16* x_normed, const HalfLayerQkv& qkv) {
  const std::vector<float> cos = BatchAngles(a, a.freqs_cos, 1);
  const std::vector<float> sin = BatchAngles(a, a.freqs_sin, 1);
  std::vector<float> keys(Tokens(a) * kIndexHead), score(Tokens(a) * At(a.SCORE_LEN));
  std::vector<int> topk(score.size());
  IndexerW8A8Args stage = IndexerInputs(a);
  stage.x = x_normed;
  stage.qr = qkv.qr.data();
  stage.qr_scale = qkv.qr_scale.data();
  stage.cos = cos.data();
  stage.sin = sin.data();
  stage.inner_kv = keys.data();
  stage.score = score.data();
  stage.topk_idxs = topk.data();
  SetSizes(a, &stage);
  IndexerW8A8Golden(stage);
  return topk;
}

void HalfLayerWriteRings(const Args& a, const std::vector<bf16>& kv) {
  CsaCacheWritebackGolden({kv.data(), a.ori_slot_mapping, a.kv_cache, TokenCount(a), a.ORI_BLOCKS});
}

}  // namespace golden

void CsaAttentionHalfLayerGolden(const CsaAttentionHalfLayerArgs& a) {
  const golden::Mixed mixed = golden::MixStreams(a);
  RmsNormGolden({mixed.x.data(), a.attn_norm_w, a.x_normed, a.B * a.S, a.D});
  const golden::HalfLayerQkv qkv = golden::HalfLayerProject(a, a.x_normed);
  golden::HalfLayerCompress(a, a.x_normed);
  const std::vector<int> topk = golden::HalfLayerIndex(a, a.x_normed, qkv);
  const std::vector<int> codes = golden::BuildIndex(a, topk);
  const std::vector<bf16> attn_out = golden::Attention(a, qkv, codes);
  golden::HalfLayerWriteRings(a, qkv.kv);
  golden::MixBack(a, mixed, attn_out);
}

}  // namespace kernels
