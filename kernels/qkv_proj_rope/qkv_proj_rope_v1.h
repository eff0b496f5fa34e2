// qkv_proj_rope_v1: contract V1 of qkv_proj_rope (kernels.md §8), which normalises x itself and rounds
// the query's low-rank vector to bf16 before it is quantised; operands and formulas in qkv_args.h.
//
//   attn_norm[T] → qr_proj[QL/Q_LORA_CHUNK] ∥ kv_proj[512/(KV_CHUNK·KV_PROJ_GROUP)]
//     → qr_norm_quant[T] ∥ kv_norm_rope[T] → q_proj[H·512/(Q_PROJ_OUT_CHUNK·Q_PROJ_GROUP)]
//     → dequant[H·512/(Q_PROJ_OUT_CHUNK·Q_PROJ_DEQUANT_GROUP)] → heads[H·512/(HEAD_CHUNK·HEAD_GROUP)]
//
// The norms that the original spreads over launches are one row's here. Only the numbers of partial
// sums, ATTN_RMS_PARTIALS and QR_RMS_PARTIALS, change bits. Compile with -ffp-contract=off.
#pragma once

#include "kernels/qkv_proj_rope/qkv_stages.h"

namespace kernels {
namespace qkv {
inline namespace KERNELS_SIMD_ISA {

/// x := bf16((x·inv_rms(x))·norm_w), as FP32.
template <auto kTiles>
void NormaliseX(const QkvProjRopeArgs& a, long t) {
  constexpr long kStep = long{kTiles.D_CHUNK} * kTiles.ATTN_NORM_GROUP;
  static_assert(kTiles.ATTN_NORM_GROUP > 0 && kTiles.ATTN_RMS_PARTIALS > 0, "tiles are positive");
  const long D = a.D;
  float* row = a.x_f32 + t * D;
  WidenRow(a.x + t * D, D, row);
  const float scale = InverseRms(SumOfSquares<kTiles.D_CHUNK, kTiles.ATTN_RMS_PARTIALS>(row, D), D);
  for (long i = 0; i < D; i += kStep) Normalise<true>(row, scale, a.norm_w, i, Clip(i, kStep, D));
}

/// x·wq_a and x·wkv: two groups of tasks in one launch.
template <auto kTiles>
void ProjectDownV1(const QkvProjRopeArgs& a) {
  static_assert(kTiles.KV_PROJ_GROUP > 0, "a task has chunks");
  constexpr long kKvColumns = long{kTiles.KV_CHUNK} * kTiles.KV_PROJ_GROUP;
  const simd::Range all{0, a.D};
  const long qr_tasks = Blocks(a.QL, kTiles.Q_LORA_CHUNK);
  spmd(qr_tasks + Blocks(kQkvHeadDim, kKvColumns), [&](long task) {
    if (task < qr_tasks) {
      Project<kTiles.Q_LORA_CHUNK, kTiles.D_CHUNK>(a.x_f32, a.T, a.D, a.wq_a, a.QL,
                                                   task * kTiles.Q_LORA_CHUNK, all, a.r);
      return;
    }
    const long begin = (task - qr_tasks) * kKvColumns, end = Clip(begin, kKvColumns, kQkvHeadDim);
    for (long n = begin; n < end; n += kTiles.KV_CHUNK) {
      Project<kTiles.KV_CHUNK, kTiles.D_CHUNK>(a.x_f32, a.T, a.D, a.wkv, kQkvHeadDim, n, all,
                                               a.kv_f32);
    }
  });
}

template <auto kTiles>
void FinishQrV1(const QkvProjRopeArgs& a, long t) {
  constexpr long kStep = long{kTiles.Q_LORA_CHUNK} * kTiles.QR_NORM_GROUP;
  static_assert(kTiles.QR_NORM_GROUP > 0 && kTiles.QR_RMS_PARTIALS > 0, "tiles are positive");
  const long QL = a.QL;
  float* row = a.r + t * QL;
  const float scale =
      InverseRms(SumOfSquares<kTiles.Q_LORA_CHUNK, kTiles.QR_RMS_PARTIALS>(row, QL), QL);
  for (long i = 0; i < QL; i += kStep) {
    Normalise<true>(row, scale, a.gamma_cq, i, Clip(i, kStep, QL));
  }
  QuantiseRow<kTiles.QUANT_CHUNK, kTiles.QUANT_APPLY_CHUNK>(row, QL, a.qr + t * QL, a.qr_scale + t);
}

/// qr·wq_b, then its dequantising, in launches of their own.
template <auto kTiles>
void ProjectUpV1(const QkvProjRopeArgs& a) {
  static_assert(kTiles.Q_PROJ_GROUP > 0 && kTiles.Q_PROJ_DEQUANT_GROUP > 0, "a task has chunks");
  constexpr long kChunk = kTiles.Q_PROJ_OUT_CHUNK;
  constexpr long kColumns = kChunk * kTiles.Q_PROJ_GROUP;
  constexpr long kDequantColumns = kChunk * kTiles.Q_PROJ_DEQUANT_GROUP;
  const long N = long{a.H} * kQkvHeadDim;
  const simd::Int8MatMulKN product{a.qr, a.wq_b, a.q_sums, a.T, N, a.QL};
  spmd(Blocks(N, kColumns), [&](long task) {
    for (long n = task * kColumns; n < Clip(task * kColumns, kColumns, N); n += kChunk) {
      simd::MatMulColumns<kChunk, kTiles.Q_PROJ_CHUNK>(product, n);
    }
  });
  spmd(Blocks(N, kDequantColumns), [&](long task) {
    const long n = task * kDequantColumns;
    DequantiseQ(a, 0, a.T, n, Clip(n, kDequantColumns, N));
  });
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace qkv

/// kTiles: D_CHUNK weight rows of wq_a and wkv, and columns of x, per step, ATTN_NORM_GROUP of them
/// per step of the norm; ATTN_RMS_PARTIALS (QR_RMS_PARTIALS) partial sums of squares; Q_LORA_CHUNK
/// columns of wq_a per task, QR_NORM_GROUP of them per step of the norm; KV_CHUNK columns of wkv,
/// KV_PROJ_GROUP of them per task; QUANT_CHUNK, QUANT_APPLY_CHUNK columns per step of P2;
/// Q_PROJ_CHUNK weight rows of wq_b per step, Q_PROJ_OUT_CHUNK columns, Q_PROJ_GROUP of them per
/// task, Q_PROJ_DEQUANT_GROUP when dequantised; HEAD_CHUNK columns of a head per step, HEAD_GROUP of
/// them, whole heads, per task; ROPE_CHUNK rotated columns per step. Chunks of columns are multiples
/// of 16, KV_CHUNK and HEAD_CHUNK divide 448, Q_PROJ_CHUNK is a multiple of 4.
template <auto kTiles>
void QkvProjRopeV1(const QkvProjRopeArgs& a) {
  constexpr int kHeads = kTiles.HEAD_CHUNK * kTiles.HEAD_GROUP / kQkvHeadDim;
  static_assert(kHeads > 0 && kTiles.HEAD_CHUNK * kTiles.HEAD_GROUP % kQkvHeadDim == 0,
                "a task has whole heads");
  spmd(a.T, [&](long t) { qkv::NormaliseX<kTiles>(a, t); });
  qkv::ProjectDownV1<kTiles>(a);
  spmd(2 * long{a.T}, [&](long task) {
    const long t = task % a.T;
    if (task < a.T) {
      qkv::FinishQrV1<kTiles>(a, t);
    } else {
      qkv::FinishKv<kTiles.KV_CHUNK, kTiles.ROPE_CHUNK>(a, a.kv_f32 + t * kQkvHeadDim, t);
    }
  });
  qkv::ProjectUpV1<kTiles>(a);
  spmd(Blocks(a.H, kHeads), [&](long task) {
    qkv::FinishHeads<kTiles.HEAD_CHUNK, kTiles.ROPE_CHUNK>(a, 0, a.T, task * kHeads,
                                                           Clip(task * kHeads, kHeads, a.H));
  });
}

}  // namespace kernels
