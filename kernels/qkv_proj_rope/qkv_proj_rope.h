// qkv_proj_rope: queries and the key-value vector of a decode step (kernels.md §8), contracts V2 and
// V3; operands and formulas in qkv_args.h.
//
//   widen[T] → qr_proj[QL/QR_N_TILE · QR_OK] ∥ kv_proj[512/KV_N_TILE · KV_OK]
//     → qr_rms_norm_quant[T/T_TILE] ∥ kv_rms_norm_rope[T/KV_RMS_T_TILE]
//     → qproj[H·512/QPROJ_MM_N_TILE] → dequant → q_head[T/Q_ROPE_T_TILE · H/Q_ROPE_H_TILE]
//
// V2 dequantises in a stage of its own, V3 where the sums are made. QR_OK and KV_OK cut the sum over
// D into slices, whose partial sums are added in ascending order (the original used atomics, which
// gave other bits every run). All other tiles are exact, the K tiles because a slice's sums are one
// chain. Compile with -ffp-contract=off.
#pragma once

#include "kernels/qkv_proj_rope/qkv_stages.h"

namespace kernels {
namespace qkv {
inline namespace KERNELS_SIMD_ISA {

/// Slice `part` of `parts` of D.
inline simd::Range SliceOf(long D, long parts, long part) {
  const long size = Blocks(D, parts);
  const long begin = part * size;
  return {begin < D ? begin : D, Clip(begin, size, D)};
}

/// x·wq_a and x·wkv as partial sums: two groups of tasks in one launch.
template <auto kTiles>
void ProjectDown(const QkvProjRopeArgs& a) {
  static_assert(kTiles.QR_OK > 0 && kTiles.QR_OK <= kQkvMaxSplits, "scratch has so many slices");
  static_assert(kTiles.KV_OK > 0 && kTiles.KV_OK <= kQkvMaxSplits, "scratch has so many slices");
  const long T = a.T, D = a.D, QL = a.QL;
  const long qr_tasks = Blocks(QL, kTiles.QR_N_TILE) * kTiles.QR_OK;
  const long kv_tasks = Blocks(kQkvHeadDim, kTiles.KV_N_TILE) * kTiles.KV_OK;
  spmd(qr_tasks + kv_tasks, [&](long task) {
    if (task < qr_tasks) {
      const long part = task % kTiles.QR_OK, n = task / kTiles.QR_OK * kTiles.QR_N_TILE;
      Project<kTiles.QR_N_TILE, kTiles.QR_K_TILE>(
          a.x_f32, T, D, a.wq_a, QL, n, SliceOf(D, kTiles.QR_OK, part), a.r + part * T * QL);
    } else {
      const long part = (task - qr_tasks) % kTiles.KV_OK;
      const long n = (task - qr_tasks) / kTiles.KV_OK * kTiles.KV_N_TILE;
      Project<kTiles.KV_N_TILE, kTiles.KV_K_TILE>(a.x_f32, T, D, a.wkv, kQkvHeadDim, n,
                                                  SliceOf(D, kTiles.KV_OK, part),
                                                  a.kv_f32 + part * T * kQkvHeadDim);
    }
  });
}

template <auto kTiles>
void FinishQr(const QkvProjRopeArgs& a, long t) {
  const long QL = a.QL;
  float* row = a.r + t * QL;
  AddPartials(row, QL, kTiles.QR_OK, a.T * QL);
  const float scale = InverseRms(SumOfSquares<kTiles.Q_LORA_TILE>(row, QL), QL);
  for (long i = 0; i < QL; i += kTiles.Q_LORA_TILE) {
    Normalise<false>(row, scale, a.gamma_cq, i, Clip(i, kTiles.Q_LORA_TILE, QL));
  }
  QuantiseRow<kTiles.QUANT_TILE, kTiles.QUANT_TILE>(row, QL, a.qr + t * QL, a.qr_scale + t);
}

/// Norms of both paths: two groups of tasks in one launch.
template <auto kTiles>
void FinishRows(const QkvProjRopeArgs& a) {
  static_assert(kTiles.T_TILE > 0 && kTiles.KV_RMS_T_TILE > 0, "tiles are positive");
  const long qr_tasks = Blocks(a.T, kTiles.T_TILE);
  spmd(qr_tasks + Blocks(a.T, kTiles.KV_RMS_T_TILE), [&](long task) {
    if (task < qr_tasks) {
      const long end = Clip(task * kTiles.T_TILE, kTiles.T_TILE, a.T);
      for (long t = task * kTiles.T_TILE; t < end; ++t) FinishQr<kTiles>(a, t);
      return;
    }
    const long begin = (task - qr_tasks) * kTiles.KV_RMS_T_TILE;
    for (long t = begin; t < Clip(begin, kTiles.KV_RMS_T_TILE, a.T); ++t) {
      float* row = a.kv_f32 + t * kQkvHeadDim;
      AddPartials(row, kQkvHeadDim, kTiles.KV_OK, long{a.T} * kQkvHeadDim);
      FinishKv<kTiles.KV_TILE, kTiles.ROPE_TILE>(a, row, t);
    }
  });
}

/// All heads, in blocks of tokens × heads.
template <auto kTiles>
void FinishQ(const QkvProjRopeArgs& a) {
  static_assert(kTiles.Q_ROPE_T_TILE > 0 && kTiles.Q_ROPE_H_TILE > 0, "tiles are positive");
  const long blocks = Blocks(a.T, kTiles.Q_ROPE_T_TILE);
  spmd(blocks * Blocks(a.H, kTiles.Q_ROPE_H_TILE), [&](long task) {
    const long t = task % blocks * kTiles.Q_ROPE_T_TILE;
    const long head = task / blocks * kTiles.Q_ROPE_H_TILE;
    FinishHeads<kTiles.HEAD_TILE, kTiles.ROPE_TILE>(a, t, Clip(t, kTiles.Q_ROPE_T_TILE, a.T), head,
                                                    Clip(head, kTiles.Q_ROPE_H_TILE, a.H));
  });
}

/// Everything before the heads: what V2 and V3 have in common.
template <auto kTiles>
void Prologue(const QkvProjRopeArgs& a) {
  spmd(a.T, [&](long t) { WidenRow(a.x + t * a.D, a.D, a.x_f32 + t * a.D); });
  ProjectDown<kTiles>(a);
  FinishRows<kTiles>(a);
}

template <typename Element>
void Zero(Element* begin, long n) {
  for (long i = 0; i < n; ++i) begin[i] = Element{};
}

/// The outputs of tokens from `active` on.
inline void ZeroInactive(const QkvProjRopeArgs& a, long active) {
  const long heads = long{a.H} * kQkvHeadDim;
  spmd(a.T - active, [&](long i) {
    const long t = active + i;
    Zero(a.q + t * heads, heads);
    Zero(a.kv + t * kQkvHeadDim, kQkvHeadDim);
    Zero(a.qr + t * a.QL, a.QL);
    a.qr_scale[t] = 0;
  });
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace qkv

/// Contract V2. kTiles: QR_N_TILE (KV_N_TILE) columns per projection task, QR_K_TILE (KV_K_TILE)
/// weight rows per step, QR_OK (KV_OK) slices of D; T_TILE, KV_RMS_T_TILE tokens per norm task,
/// Q_LORA_TILE, QUANT_TILE, KV_TILE columns per step; QPROJ_MM_N_TILE columns per query task,
/// Q_PROJ_TILE weight rows per step; DEQUANT_T_TILE tokens × Q_PROJ_OUT_TILE columns per dequant
/// task; Q_ROPE_T_TILE tokens × Q_ROPE_H_TILE heads per head task, HEAD_TILE columns of them, and
/// ROPE_TILE of the rotated ones, per step. Steps over columns are multiples of 16, KV_TILE and
/// HEAD_TILE divide 448, Q_PROJ_TILE is a multiple of 4.
template <auto kTiles>
void QkvProjRope(const QkvProjRopeArgs& a) {
  static_assert(kTiles.DEQUANT_T_TILE > 0, "tiles are positive");
  static_assert(qkv::IsStep<kTiles.Q_PROJ_OUT_TILE>(), "a step is a number of vectors");
  qkv::Prologue<kTiles>(a);
  const long N = long{a.H} * kQkvHeadDim;
  const simd::Int8MatMulKN product{a.qr, a.wq_b, a.q_sums, a.T, N, a.QL};
  spmd(Blocks(N, kTiles.QPROJ_MM_N_TILE), [&](long task) {
    simd::MatMulColumns<kTiles.QPROJ_MM_N_TILE, kTiles.Q_PROJ_TILE>(product,
                                                                    task * kTiles.QPROJ_MM_N_TILE);
  });
  const long blocks = Blocks(a.T, kTiles.DEQUANT_T_TILE);
  spmd(blocks * Blocks(N, kTiles.Q_PROJ_OUT_TILE), [&](long task) {
    const long t = task % blocks * kTiles.DEQUANT_T_TILE;
    const long n = task / blocks * kTiles.Q_PROJ_OUT_TILE;
    qkv::DequantiseQ(a, t, Clip(t, kTiles.DEQUANT_T_TILE, a.T), n,
                     Clip(n, kTiles.Q_PROJ_OUT_TILE, N));
  });
  qkv::FinishQ<kTiles>(a);
}

/// Contract V3: the outputs of tokens from num_tokens on are zero. kTiles as for V2, but that the
/// task which makes QPROJ_TILES_PER_BLOCK tiles of QPROJ_MM_N_TILE columns dequantises each.
template <auto kTiles>
void QkvProjRopeV3(const QkvProjRopeArgs& args) {
  static_assert(kTiles.QPROJ_TILES_PER_BLOCK > 0, "a task has tiles");
  QkvProjRopeArgs a = args;
  if (args.num_tokens < args.T) a.T = args.num_tokens < 0 ? 0 : args.num_tokens;
  qkv::Prologue<kTiles>(a);
  constexpr long kTile = kTiles.QPROJ_MM_N_TILE, kBlock = kTile * kTiles.QPROJ_TILES_PER_BLOCK;
  const long N = long{a.H} * kQkvHeadDim;
  const simd::Int8MatMulKN product{a.qr, a.wq_b, a.q_sums, a.T, N, a.QL};
  spmd(Blocks(N, kBlock), [&](long task) {
    for (long n = task * kBlock; n < Clip(task * kBlock, kBlock, N); n += kTile) {
      simd::MatMulColumns<kTile, kTiles.Q_PROJ_TILE>(product, n);
      qkv::DequantiseQ(a, 0, a.T, n, Clip(n, kTile, N));
    }
  });
  qkv::FinishQ<kTiles>(a);
  qkv::ZeroInactive(args, a.T);
}

}  // namespace kernels
