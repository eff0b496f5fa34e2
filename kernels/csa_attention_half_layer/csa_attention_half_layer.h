// csa_attention_half_layer: the attention half of a ratio-4 layer in a decode step (kernels.md
// §7.0), composed of the kernels that are tuned on their own:
//
//   hc_pre → rms_norm → qkv_proj_rope → compressor_ratio4 → indexer_w8a8 → csa_index_build
//     → sparse_attention_csa → csa_cache_writeback → hc_post
//
// The compressor's new row is visible to the indexer's choice and to the attention; the indexer's
// new key is to its scores. The rings are written after the attention, which still reads what the
// slots held: a token of the step attends to earlier ones through kv and to the window's older ones
// through the rings. RoPE rows: each token's own for queries, kv and the inverse; the window's
// first position for the compressor; the batch's first position for the indexer and its compressor.
//
// Streams are FP32 (hc_pre and hc_post of contract V3), all else is V2. x_normed is an output, so
// that what the projections made of it can be judged by what they were given.
#pragma once

#include "kernels/csa_attention_half_layer/stages.h"
#include "kernels/csa_attention_half_layer/tiles.h"

namespace kernels {
namespace csa_half_layer {
inline namespace KERNELS_SIMD_ISA {

inline void CopyRow(const bf16* from, bf16* to, long n) {
  for (long i = 0; i < n; ++i) to[i] = from[i];
}

inline void WidenHalf(const bf16* table, long position, float* to) {
  for (long i = 0; i < 32; i += simd::kLanes) {
    simd::Store(to + i, simd::Load(table + position * 64 + i, simd::kLanes), simd::kLanes);
  }
}

/// The rows of the RoPE tables that the stages use.
inline void PickAngles(const Args& a) {
  spmd(long{a.B} * a.S, [&](long t) {
    const long position = a.position_ids[t];
    CopyRow(a.freqs_cos + position * 64, a.rope_cos + t * 64, 64);
    CopyRow(a.freqs_sin + position * 64, a.rope_sin + t * 64, 64);
    if (t % a.S != 0) return;
    const long b = t / a.S, window = position / 4 * 4;
    WidenHalf(a.freqs_cos, window, a.cmp_cos + b * 32);
    WidenHalf(a.freqs_sin, window, a.cmp_sin + b * 32);
    WidenHalf(a.freqs_cos, position, a.idx_cos + b * 32);
    WidenHalf(a.freqs_sin, position, a.idx_sin + b * 32);
  });
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace csa_half_layer

/// kTiles: those of the stages, with their prefixes: HC_PRE_, NORM_, QKV_, CMP_, IDX_, INDEX_,
/// ATTN_, WB_, HC_POST_.
template <auto kTiles>
void CsaAttentionHalfLayer(const CsaAttentionHalfLayerArgs& a) {
  using namespace csa_half_layer;
  PickAngles(a);
  HcPre<HcPreTiles<kTiles>{}>(HcPreOf(a));
  RmsNorm<NormTiles<kTiles>{}>(NormOf(a));
  QkvProjRope<QkvTiles<kTiles>{}>(QkvOf(a));
  CompressorRatio4<CmpTiles<kTiles>{}>(CompressorOf(a));
  IndexerW8A8<IdxTiles<kTiles>{}>(IndexerOf(a));
  CsaIndexBuild<IndexTiles<kTiles>{}>(IndexOf(a));
  SparseAttentionCsa<AttnTiles<kTiles>{}>(AttentionOf(a));
  CsaCacheWriteback<WbTiles<kTiles>{}>(WritebackOf(a));
  HcPost<HcPostTiles<kTiles>{}>(HcPostOf(a));
}

}  // namespace kernels
