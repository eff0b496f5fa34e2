// The operands that all contracts of qkv_proj_rope share (kernels.md §8): the query path through a
// low rank with INT8 weights and a norm per head, the single key-value vector, both with RoPE.
//
//   r = x·wq_a;  n = (r·inv_rms(r))·gamma_cq;  (qr, qr_scale) = P2(n)
//   q = bf16(rope(h·inv_rms(h)))   h = a head of (qr·wq_b · qr_scale) · wq_b_scale
//   kv = bf16(rope((k·inv_rms(k))·gamma_ckv))   k = x·wkv
//
// Only the last 64 of 512 dimensions are rotated. V1 normalises x itself, x := bf16((x·inv_rms(x)) ·
// norm_w), and rounds n to bf16 before P2.
#pragma once

#include "tuner/abi.h"

namespace kernels {

using tilesmith::bf16;

inline constexpr int kQkvHeadDim = 512;
inline constexpr int kQkvRopeDim = 64;
inline constexpr int kQkvNopeDim = kQkvHeadDim - kQkvRopeDim;
inline constexpr float kQkvEps = 1e-6f;
/// QR_OK and KV_OK are at most this: what the partial sums' scratch holds.
inline constexpr int kQkvMaxSplits = 14;

struct QkvProjRopeArgs {
  const bf16* x;            // [T, D]; normalised, but for V1
  const bf16* wq_a;         // [D, QL]
  const signed char* wq_b;  // [QL, H·512]
  const float* wq_b_scale;  // [H·512]
  const bf16* wkv;          // [D, 512]
  const bf16* gamma_cq;     // [QL]
  const bf16* gamma_ckv;    // [512]
  const bf16* rope_cos;     // [T, 64]; columns 0 … 31 are used
  const bf16* rope_sin;     // [T, 64]
  const float* norm_w;      // [D]; V1 only
  bf16* q;                  // [T, H, 512] out
  bf16* kv;                 // [T, 512] out
  signed char* qr;          // [T, QL] out
  float* qr_scale;          // [T, 1] out
  float* x_f32;             // scratch [T, D]
  float* r;                 // scratch [kQkvMaxSplits, T, QL]; V1: [T, QL]
  float* kv_f32;            // scratch [kQkvMaxSplits, T, 512]; V1: [T, 512]
  int* q_sums;              // scratch: SumsSize(T, H·512)
  float* q_f32;             // scratch [T, H·512]
  int T;
  int D;
  int QL;
  int H;
  int num_tokens;  // V3 only: the outputs of tokens from this one on are 0
};

}  // namespace kernels
