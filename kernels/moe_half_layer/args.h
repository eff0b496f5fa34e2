// The operands of moe_half_layer (kernels.md §12, appendix A "moe"; contract V2 but for FP32
// streams): the FFN half of a layer on one rank, which holds all E experts.
//
// Contract of every call:
// - The rows of tid2eid are distinct ids in [0, E), input_ids are in [0, VOCAB).
// - RECV_MAX >= T: every token may choose the same expert. TOPK <= 8, TOPK <= E.
// - Tokens from num_tokens on are inactive: they are routed nowhere and their activation's scale is
//   0, so that x_next is their streams mixed with an FFN output of 0.
// - Nothing aliases. Scratch may hold anything before and holds the stages' results afterwards;
//   rows of experts from their count on, and routes of inactive tokens, still anything.
#pragma once

#include "tuner/abi.h"

namespace kernels {

using tilesmith::bf16;

struct MoeHalfLayerArgs {
  const float* x_hc;  // [T, 4, D] the residual streams

  // hc_pre.
  const float* hc_ffn_fn;     // [24, 4·D]
  const float* hc_ffn_scale;  // [3]
  const float* hc_ffn_base;   // [24]

  // moe_gate.
  const bf16* norm_w;      // [D]
  const float* gate_w;     // [E, D]
  const float* gate_bias;  // [E]
  const int* tid2eid;      // [VOCAB, TOPK]
  const long* input_ids;   // [T]

  // The experts.
  const signed char* routed_w1;  // [E, MI, D] gate
  const float* routed_w1_scale;  // [E, MI]
  const signed char* routed_w3;  // [E, MI, D] up
  const float* routed_w3_scale;  // [E, MI]
  const signed char* routed_w2;  // [E, D, MI] down
  const float* routed_w2_scale;  // [E, D]
  const signed char* shared_w1;  // [MI, D] gate
  const float* shared_w1_scale;  // [MI]
  const signed char* shared_w3;  // [MI, D] up
  const float* shared_w3_scale;  // [MI]
  const signed char* shared_w2;  // [D, MI] down
  const float* shared_w2_scale;  // [D]

  bf16* x_mixed;  // [T, D] out: what the router and the experts see
  int* indices;   // [T, TOPK] out: the experts that were chosen
  float* x_next;  // [T, 4, D] out

  // Scratch. Between the stages:
  float* post;             // [T, 4]
  float* comb;             // [T, 16]
  bf16* x_norm;            // [T, D]
  signed char* x_norm_i8;  // [T, D]
  float* x_norm_scale;     // [T, 1]
  float* weights;          // [T, TOPK]
  signed char* recv_x;     // [E, RECV_MAX, D]
  float* recv_scale_dq;    // [E, RECV_MAX]
  float* recv_weights;     // [E, RECV_MAX]
  int* recv_route;         // [E, RECV_MAX]
  int* recv_expert_count;  // [E, 1]
  bf16* recv_y;            // [E, RECV_MAX, D]
  bf16* routed_y;          // [T·TOPK, D]
  bf16* sh;                // [T, D]
  bf16* ffn_out;           // [T, D]
  // Of hc_pre:
  float* hc_squares;   // [T, 64]
  float* hc_partials;  // [64, T, 24]
  float* hc_mixes;     // [24, T]
  float* hc_weights;   // [4, T]
  // Of moe_gate:
  float* gate_scores;       // [T, E]
  float* gate_inverse_rms;  // [T]
  // Of the experts; sizes as ExpertRoutedArgs and ExpertSharedArgs say:
  unsigned char* routed_x_panels;
  int* routed_gate;
  int* routed_up;
  float* routed_h;  // [E, RECV_MAX, MI]
  unsigned char* routed_h_panels;
  float* routed_h_scale;  // [E, RECV_MAX]
  int* routed_down;
  int* routed_active;  // [E]
  unsigned char* shared_x_panels;
  int* shared_gate;
  int* shared_up;
  float* shared_h;  // [T, MI]
  unsigned char* shared_h_panels;
  float* shared_h_scale;  // [T]
  int* shared_down;

  int T;
  int D;
  int E;
  int TOPK;
  int MI;
  int RECV_MAX;
  int VOCAB;
  int layer_id;
  int num_tokens;  // active rows; T and more: all
  int num_hash_layers;
  float route_scale;
  float swiglu_limit;  // 0: unlimited
};

}  // namespace kernels
