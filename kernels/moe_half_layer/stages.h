// What each stage of moe_half_layer takes of its operands.
#pragma once

#include "kernels/expert_routed/expert_routed.h"
#include "kernels/expert_shared/expert_shared.h"
#include "kernels/hc_post/hc_post.h"
#include "kernels/hc_pre/hc_pre.h"
#include "kernels/moe_combine/moe_combine.h"
#include "kernels/moe_gate/moe_gate.h"
#include "kernels/moe_half_layer/args.h"
#include "kernels/moe_half_layer/dispatch.h"

namespace kernels::moe_half_layer {

using Args = MoeHalfLayerArgs;

inline HcPreArgs HcPreOf(const Args& a) {
  return {.x = a.x_hc,
          .hc_fn = a.hc_ffn_fn,
          .hc_scale = a.hc_ffn_scale,
          .hc_base = a.hc_ffn_base,
          .x_mixed = a.x_mixed,
          .post = a.post,
          .comb = a.comb,
          .wide = nullptr,
          .squares = a.hc_squares,
          .partials = a.hc_partials,
          .mixes = a.hc_mixes,
          .pre = a.hc_weights,
          .T = a.T,
          .D = a.D};
}

inline MoeGateArgs GateOf(const Args& a) {
  return {.x_mixed = a.x_mixed,
          .norm_w = a.norm_w,
          .gate_w = a.gate_w,
          .gate_bias = a.gate_bias,
          .tid2eid = a.tid2eid,
          .input_ids = a.input_ids,
          .x_norm = a.x_norm,
          .x_norm_i8 = a.x_norm_i8,
          .x_norm_scale = a.x_norm_scale,
          .indices = a.indices,
          .weights = a.weights,
          .scores = a.gate_scores,
          .inverse_rms = a.gate_inverse_rms,
          .T = a.T,
          .D = a.D,
          .E = a.E,
          .TOPK = a.TOPK,
          .VOCAB = a.VOCAB,
          .layer_id = a.layer_id,
          .num_tokens = a.num_tokens,
          .num_hash_layers = a.num_hash_layers,
          .route_scale = a.route_scale};
}

inline MoeDispatchArgs DispatchOf(const Args& a) {
  return {.x = a.x_norm_i8,
          .scale = a.x_norm_scale,
          .indices = a.indices,
          .weights = a.weights,
          .recv_x = a.recv_x,
          .recv_scale_dq = a.recv_scale_dq,
          .recv_weights = a.recv_weights,
          .recv_route = a.recv_route,
          .recv_expert_count = a.recv_expert_count,
          .T = a.T,
          .D = a.D,
          .E = a.E,
          .TOPK = a.TOPK,
          .RECV_MAX = a.RECV_MAX,
          .num_tokens = a.num_tokens};
}

inline ExpertRoutedArgs RoutedOf(const Args& a) {
  return {.recv_x = a.recv_x,
          .recv_scale_dq = a.recv_scale_dq,
          .recv_weights = a.recv_weights,
          .recv_expert_count = a.recv_expert_count,
          .routed_w1 = a.routed_w1,
          .routed_w1_scale = a.routed_w1_scale,
          .routed_w3 = a.routed_w3,
          .routed_w3_scale = a.routed_w3_scale,
          .routed_w2 = a.routed_w2,
          .routed_w2_scale = a.routed_w2_scale,
          .recv_y = a.recv_y,
          .x_panels = a.routed_x_panels,
          .gate = a.routed_gate,
          .up = a.routed_up,
          .h = a.routed_h,
          .h_panels = a.routed_h_panels,
          .h_scale = a.routed_h_scale,
          .down = a.routed_down,
          .active = a.routed_active,
          .E_LOC = a.E,
          .RECV_MAX = a.RECV_MAX,
          .D = a.D,
          .MI = a.MI,
          .swiglu_limit = a.swiglu_limit};
}

inline ExpertSharedArgs SharedOf(const Args& a) {
  return {.x_local_i8 = a.x_norm_i8,
          .x_local_scale_dq = a.x_norm_scale,
          .shared_w1 = a.shared_w1,
          .shared_w1_scale = a.shared_w1_scale,
          .shared_w3 = a.shared_w3,
          .shared_w3_scale = a.shared_w3_scale,
          .shared_w2 = a.shared_w2,
          .shared_w2_scale = a.shared_w2_scale,
          .sh = a.sh,
          .x_panels = a.shared_x_panels,
          .gate = a.shared_gate,
          .up = a.shared_up,
          .h = a.shared_h,
          .h_panels = a.shared_h_panels,
          .h_scale = a.shared_h_scale,
          .down = a.shared_down,
          .T = a.T,
          .D = a.D,
          .MI = a.MI,
          .swiglu_limit = a.swiglu_limit};
}

inline MoeReturnArgs ReturnOf(const Args& a) {
  return {.recv_y = a.recv_y,
          .recv_route = a.recv_route,
          .recv_expert_count = a.recv_expert_count,
          .routed_y = a.routed_y,
          .D = a.D,
          .E = a.E,
          .RECV_MAX = a.RECV_MAX};
}

inline MoeCombineArgs CombineOf(const Args& a) {
  return {.sh = a.sh,
          .routed_y = a.routed_y,
          .ffn_out = a.ffn_out,
          .T = a.T,
          .D = a.D,
          .TOPK = a.TOPK,
          .active = a.num_tokens};
}

/// All tokens: inactive ones keep their streams, to which they add nothing.
inline HcPostArgs HcPostOf(const Args& a) {
  return {.x = a.ffn_out,
          .residual = a.x_hc,
          .post = a.post,
          .comb = a.comb,
          .y = a.x_next,
          .T = a.T,
          .D = a.D};
}

}  // namespace kernels::moe_half_layer
