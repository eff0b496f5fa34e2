// prefill_qkv_proj_rope: qkv_proj_rope (contract V1, operands and formulas in qkv_args.h) for a
// prompt's tokens at one start_pos, with scratch bounded by a chunk of them (kernels.md §9).
//
//   rope_rows[B/PREFILL_ROPE_BATCH_TILE] → for each chunk of tokens, in order: qkv_proj_rope_v1
//
// Token b·S + s stands at position start_pos + s. Rows are independent, so that any chunk gives the
// same bits. Compile with -ffp-contract=off.
#pragma once

#include "kernels/qkv_proj_rope/qkv_proj_rope_v1.h"

namespace kernels {

struct PrefillQkvProjRopeArgs {
  const bf16* x;            // [B, S, D]
  const float* norm_w;      // [D]
  const bf16* wq_a;         // [D, QL]
  const signed char* wq_b;  // [QL, H·512]
  const float* wq_b_scale;  // [H·512]
  const bf16* wkv;          // [D, 512]
  const bf16* gamma_cq;     // [QL]
  const bf16* gamma_ckv;    // [512]
  const bf16* freqs_cos;    // [MAX_SEQ, 64]; columns 0 … 31 are used
  const bf16* freqs_sin;    // [MAX_SEQ, 64]
  bf16* q;                  // [B, S, H, 512] out
  bf16* kv;                 // [B, S, 512] out
  signed char* qr;          // [B, S, QL] out
  float* qr_scale;          // [B, S, 1] out
  bf16* rope_cos;           // scratch [B·S, 64]
  bf16* rope_sin;           // scratch [B·S, 64]
  float* x_f32;             // scratch [chunk, D]
  float* r;                 // scratch [chunk, QL]
  float* kv_f32;            // scratch [chunk, 512]
  int* q_sums;              // scratch: SumsSize(chunk, H·512)
  float* q_f32;             // scratch [chunk, H·512]
  int B;
  int S;
  int D;
  int QL;
  int H;
  int MAX_SEQ;    // at least start_pos + S
  int start_pos;  // from 0 on
};

namespace prefill_qkv {

/// The chunk of `n` tokens from t0 on, as a decode step of its own.
inline QkvProjRopeArgs ChunkOf(const PrefillQkvProjRopeArgs& a, long t0, long n) {
  QkvProjRopeArgs chunk{};
  chunk.x = a.x + t0 * a.D;
  chunk.norm_w = a.norm_w;
  chunk.wq_a = a.wq_a;
  chunk.wq_b = a.wq_b;
  chunk.wq_b_scale = a.wq_b_scale;
  chunk.wkv = a.wkv;
  chunk.gamma_cq = a.gamma_cq;
  chunk.gamma_ckv = a.gamma_ckv;
  chunk.rope_cos = a.rope_cos + t0 * kQkvRopeDim;
  chunk.rope_sin = a.rope_sin + t0 * kQkvRopeDim;
  chunk.q = a.q + t0 * a.H * kQkvHeadDim;
  chunk.kv = a.kv + t0 * kQkvHeadDim;
  chunk.qr = a.qr + t0 * a.QL;
  chunk.qr_scale = a.qr_scale + t0;
  chunk.x_f32 = a.x_f32;
  chunk.r = a.r;
  chunk.kv_f32 = a.kv_f32;
  chunk.q_sums = a.q_sums;
  chunk.q_f32 = a.q_f32;
  chunk.T = static_cast<int>(n);
  chunk.D = a.D;
  chunk.QL = a.QL;
  chunk.H = a.H;
  return chunk;
}

/// The table's rows of one batch's positions, side by side.
inline void CopyRopeRows(const PrefillQkvProjRopeArgs& a, long batch) {
  const long n = long{a.S} * kQkvRopeDim;
  const unsigned long bytes = static_cast<unsigned long>(n) * sizeof(bf16);
  const long from = long{a.start_pos} * kQkvRopeDim;
  __builtin_memcpy(a.rope_cos + batch * n, a.freqs_cos + from, bytes);
  __builtin_memcpy(a.rope_sin + batch * n, a.freqs_sin + from, bytes);
}

}  // namespace prefill_qkv

/// kTiles: PREFILL_QKV_TOKEN_CHUNK tokens per chunk, PREFILL_ROPE_BATCH_TILE batches per task that
/// gathers angles, and those of QkvProjRopeV1.
template <auto kTiles>
void PrefillQkvProjRope(const PrefillQkvProjRopeArgs& a) {
  constexpr long kBatches = kTiles.PREFILL_ROPE_BATCH_TILE;
  constexpr long kChunk = kTiles.PREFILL_QKV_TOKEN_CHUNK;
  static_assert(kBatches > 0 && kChunk > 0, "tiles are positive");
  spmd(Blocks(a.B, kBatches), [&](long task) {
    for (long b = task * kBatches; b < Clip(task * kBatches, kBatches, a.B); ++b) {
      prefill_qkv::CopyRopeRows(a, b);
    }
  });
  const long tokens = long{a.B} * a.S;
  for (long t = 0; t < tokens; t += kChunk) {
    QkvProjRopeV1<kTiles>(prefill_qkv::ChunkOf(a, t, Clip(t, kChunk, tokens) - t));
  }
}

}  // namespace kernels
