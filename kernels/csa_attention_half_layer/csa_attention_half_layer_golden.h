// The scalar oracle of csa_attention_half_layer: its stages' oracles one after another, with
// buffers of their own between them. See args.h for the operands; scratch may be null.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/csa_attention_half_layer/args.h"

namespace kernels {

void CsaAttentionHalfLayerGolden(const CsaAttentionHalfLayerArgs& args);

namespace golden {

/// What qkv_proj_rope leaves.
struct HalfLayerQkv {
  std::vector<bf16> q, kv;
  std::vector<std::int8_t> qr;
  std::vector<float> qr_scale;
};

// The stages that read x_normed, alone: `x_normed` [T, D] instead of args.x_normed. They update the
// states and caches of args.
HalfLayerQkv HalfLayerProject(const CsaAttentionHalfLayerArgs& args, const bf16* x_normed);
void HalfLayerCompress(const CsaAttentionHalfLayerArgs& args, const bf16* x_normed);
/// Returns topk_idxs [T, SCORE_LEN].
std::vector<int> HalfLayerIndex(const CsaAttentionHalfLayerArgs& args, const bf16* x_normed,
                                const HalfLayerQkv& qkv);

/// kv [T, 512] into args.kv_cache.
void HalfLayerWriteRings(const CsaAttentionHalfLayerArgs& args, const std::vector<bf16>& kv);

}  // namespace golden
}  // namespace kernels
