// indexer_w8a8_v0: the INT8 decode indexer in its first contract (kernels.md §2, V0, #268). As
// indexer_w8a8.h, but: keys lie contiguously per batch and all batches are at one start_pos; qr
// arrives in bf16 and is quantised here; quantising takes halves away from zero; of a query only
// the rotated columns round to bf16. S is 1, as the original's scratch and its compressor demand.
//
//   the compressor's → quantise qr[T] → q_proj[8192/Q_OUT_CHUCK] ∥ weights_proj
//     → rope, hadamard and quantise[T] ∥ weights' scale → score[B · SCORE_LEN/CACHE_TILE]
//     → top-k[T]
#pragma once

#include "kernels/compressor/compressor.h"
#include "kernels/indexer/head_weights.h"
#include "kernels/indexer_qr_rope/indexer_qr_rope.h"
#include "kernels/simd/int8_lanes.h"
#include "kernels/simd/int8_matmul_kn.h"
#include "kernels/topk/topk.h"

namespace kernels {

/// A key j < (start_pos + 1)/4 is visible; start_pos >= 1, and cache and scores hold that many
/// keys.
struct IndexerW8A8V0Args {
  const bf16* x;              // [B, 1, D]
  const bf16* qr;             // [B, 1, QL]
  const signed char* wq_b;    // [QL, 8192]
  const float* wq_b_scale;    // [8192]
  const bf16* weights_proj;   // [D, 64]
  const float* cos;           // [1, 32]
  const float* sin;           // [1, 32]
  const bf16* even_select;    // [64, 32] one-hot, not read: strides de-interleave
  const bf16* odd_select;     // [64, 32] the same
  const bf16* hadamard;       // [128, 128] any matrix
  const bf16* inner_wkv;      // [D, 256]
  const bf16* inner_wgate;    // [D, 256]
  const float* inner_ape;     // [4, 256]
  const float* inner_norm_w;  // [128]
  float* inner_kv_state;      // [B, 8, 256] in/out
  float* inner_score_state;   // [B, 8, 256] in/out
  bf16* idx_kv_cache;         // [B, CACHE_LEN, 128] in/out
  float* inner_kv;            // [B, 1, 128] out
  float* score;               // [B, 1, SCORE_LEN] out
  int* topk_idxs;             // [B, 1, SCORE_LEN] out
  float* kv_proj;             // scratch [B, 256]
  float* score_proj;          // scratch [B, 256]
  float* pooled;              // scratch [B, 128]
  signed char* qr_codes;      // scratch [B, QL]
  float* qr_scale;            // scratch [B]
  int* q_sums;                // scratch simd::SumsSize(B, 8192)
  int* q_words;               // scratch [B, 8192]
  int* q_starts;              // scratch [B, 64]
  float* q_scale;             // scratch [B, 64]
  float* weights_partials;    // scratch [B, 64]
  float* weights;             // scratch [B, 64]
  int* lists;                 // scratch [B, topk::ListSize(SCORE_LEN)]
  int B;
  int S;
  int D;
  int QL;
  int CACHE_LEN;
  int SCORE_LEN;
  int IDX_TOPK;
  int start_pos;
  int offset;
  int inner_rotate;
};

namespace indexer_v0 {

inline compressor::ContiguousArgs<compressor::Indexer> CompressorOf(const IndexerW8A8V0Args& a) {
  return {.x = a.x,
          .wkv = a.inner_wkv,
          .wgate = a.inner_wgate,
          .ape = a.inner_ape,
          .norm_w = a.inner_norm_w,
          .cos = a.cos,
          .sin = a.sin,
          .hadamard = a.hadamard,
          .kv_state = a.inner_kv_state,
          .score_state = a.inner_score_state,
          .cache = a.idx_kv_cache,
          .kv = a.inner_kv,
          .kv_proj = a.kv_proj,
          .score_proj = a.score_proj,
          .pooled = a.pooled,
          .B = a.B,
          .S = a.S,
          .D = a.D,
          .CACHE_LEN = a.CACHE_LEN,
          .start_pos = a.start_pos,
          .rotate = a.inner_rotate};
}

inline namespace KERNELS_SIMD_ISA {

using indexer::kHeadDim;
using indexer::kHeads;
using indexer::kQueryDim;
using simd::F32;

inline long Visible(const IndexerW8A8V0Args& a) {
  return Clip(0, (long{a.start_pos} + 1) / indexer::kRatio, a.SCORE_LEN);
}

/// P2 with halves away from zero, kChunk columns at a time. Returns the scale that takes codes
/// back.
template <long kChunk, typename Value>
float Quantise(const Value* row, long size, signed char* codes) {
  static_assert(kChunk > 0, "tiles are positive");
  F32 largest = F32{} + 1e-4f;
  for (long begin = 0; begin < size; begin += kChunk) {
    simd::ForLanes(
        begin, Clip(begin, kChunk, size), [&](long i, int n) __attribute__((always_inline)) {
          largest = simd::Max(largest, simd::Abs(simd::Load(row + i, n)));
        });
  }
  const float scale = 127.0f / simd::MaxLane(largest);
  for (long begin = 0; begin < size; begin += kChunk) {
    simd::ForLanes(
        begin, Clip(begin, kChunk, size), [&](long i, int n) __attribute__((always_inline)) {
          const F32 v = simd::Load(row + i, n) * scale;
          const simd::I32 magnitude = __builtin_convertvector(simd::Abs(v) + 0.5f, simd::I32);
          const simd::I32 code = v < 0.0f ? -magnitude : magnitude;
          simd::Store(reinterpret_cast<unsigned char*>(codes) + i,
                      __builtin_convertvector(code, simd::U8), n);
        });
  }
  return 1.0f / scale;
}

/// All heads of token t: dequantised, rotated, times the matrix in steps of kBlock, to INT8 words.
template <int kBlock>
void FinishQuery(const IndexerW8A8V0Args& a, long t) {
  static_assert(kBlock > 0, "tiles are positive");
  float q[kHeads][kHeadDim], mixed[kHeads][kHeadDim];
  for (long n = 0; n < kQueryDim; n += simd::kLanes) {
    const int* sums = simd::SumsAt(a.q_sums, t, n, kQueryDim);
    simd::Store(q[0] + n,
                simd::ToF32(simd::Load(sums, simd::kLanes)) * a.qr_scale[t] *
                    simd::Load(a.wq_b_scale + n, simd::kLanes),
                simd::kLanes);
  }
  indexer_qr_rope::Angles angles;
  indexer_qr_rope::Interleave({nullptr, a.cos, a.sin, nullptr, 1, 1, 1}, 0, &angles);
  for (long h = 0; h < kHeads; ++h) {
    float* tail = q[h] + indexer_qr_rope::kNopeDim;
    for (int j = 0; j < kIndexerRopeDim; j += simd::kLanes) {
      const F32 x = simd::Load(tail + j, simd::kLanes);
      const F32 y = x * simd::Load(angles.cos + j, simd::kLanes) +
                    indexer_qr_rope::SwapPairs(x) * simd::Load(angles.sin + j, simd::kLanes);
      simd::Store(tail + j, simd::FromBf16(simd::ToBf16(y)), simd::kLanes);
    }
  }
  const simd::FloatMatMul<float, bf16> matmul{q[0],     kHeadDim, a.hadamard,
                                              kHeadDim, mixed[0], kHeadDim};
  for (long n = 0; n < kHeadDim; n += kBlock) {
    for (long k = 0; k < kHeadDim; k += kBlock) {
      simd::MultiplyInputFirst(matmul, {0, kHeads}, {n, Clip(n, kBlock, kHeadDim)},
                               {k, Clip(k, kBlock, kHeadDim)}, k > 0);
    }
  }
  for (long h = 0; h < kHeads; ++h) {
    signed char codes[kHeadDim];
    const long row = t * kHeads + h;
    a.q_scale[row] = Quantise<kHeadDim>(mixed[h], kHeadDim, codes);
    a.q_starts[row] = simd::PackQuery(codes, kHeadDim, a.q_words + row * simd::WordsOf(kHeadDim));
  }
}

/// Scores of up to a block of keys from `begin` on, quantised as they are read; heads ascending.
inline void ScoreBlock(const IndexerW8A8V0Args& a, long b, long begin, long end) {
  constexpr long kWords = simd::WordsOf(kHeadDim);
  constexpr int kGroup = 8;
  int words[simd::kKeyBlock * kWords];
  float scales[simd::kKeyBlock] = {};
  for (int vector = 0; vector < 2; ++vector) {
    signed char codes[simd::kLanes][kHeadDim] = {};
    const signed char* rows[simd::kLanes];
    for (int i = 0; i < simd::kLanes; ++i) {
      const long j = begin + vector * simd::kLanes + i;
      rows[i] = codes[i];
      if (j >= end) continue;
      const bf16* key = a.idx_kv_cache + (long{b} * a.CACHE_LEN + j) * kHeadDim;
      scales[vector * simd::kLanes + i] = Quantise<kHeadDim>(key, kHeadDim, codes[i]);
    }
    simd::PackKeys(rows, kHeadDim, words + vector * kWords * simd::kLanes);
  }
  F32 sums[2] = {};
  for (long head = b * kHeads; head < (b + 1) * kHeads; head += kGroup) {
    simd::I32 products[kGroup][2];
    simd::MultiplyKeys<kGroup>(words, a.q_words + head * kWords, kWords, a.q_starts + head,
                               kHeadDim, products);
    for (int i = 0; i < kGroup; ++i) {
      for (int v = 0; v < 2; ++v) {
        const F32 s = simd::ToF32(products[i][v]) * a.q_scale[head + i] *
                      simd::Load(scales + v * simd::kLanes, simd::kLanes);
        sums[v] = simd::Fma(simd::Max(F32{}, s), F32{} + a.weights[head + i], sums[v]);
      }
    }
  }
  float* score = a.score + b * a.SCORE_LEN + begin;
  for (long j = 0; j < end - begin; j += simd::kLanes) {
    simd::Store(score + j, sums[j / simd::kLanes],
                static_cast<int>(Clip(j, simd::kLanes, end - begin) - j));
  }
}

/// Scores [begin, end) of batch b.
inline void ScoreTile(const IndexerW8A8V0Args& a, long b, long begin, long end) {
  const long visible = Visible(a), last = end < visible ? end : visible;
  for (long j = begin; j < last; j += simd::kKeyBlock) {
    ScoreBlock(a, b, j, Clip(j, simd::kKeyBlock, last));
  }
  indexer::FillNegInf(a.score + b * a.SCORE_LEN, last > begin ? last : begin, end);
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace indexer_v0

/// kTiles: QUANT_CHUNK columns per step of quantising qr; Q_OUT_CHUCK columns of the query
/// projection per task, Q_CHUCK rows of its weight per step; D_CHUCK inner dimensions of the
/// weights projection per step; HEAD_DIM_CHUCK rows and columns of hadamard per step; CACHE_TILE
/// keys per scoring task; K_CHUNK, OUT_CHUNK, HEAD_CHUNK, ROPE_CHUCK are the compressor's (and
/// HEAD_DIM_CHUCK, there too). D_CHUCK, HEAD_DIM_CHUCK and K_CHUNK reorder sums, all others are
/// exact.
template <auto kTiles>
void IndexerW8A8V0(const IndexerW8A8V0Args& a) {
  using namespace indexer_v0;
  compressor::Run<compressor::kHistoricTiling<kTiles>, compressor::Indexer>(CompressorOf(a));
  spmd(a.B, [&](long t) {
    a.qr_scale[t] = Quantise<kTiles.QUANT_CHUNK>(a.qr + t * a.QL, a.QL, a.qr_codes + t * a.QL);
  });

  const indexer::HeadWeights weights{a.x, a.weights_proj, a.weights_partials, a.weights, a.B, a.D};
  const simd::Int8MatMulKN matmul{a.qr_codes, a.wq_b, a.q_sums, a.B, kQueryDim, a.QL};
  constexpr int kTokens = 8;  // per task of the weights projection
  const long columns = Blocks(kQueryDim, kTiles.Q_OUT_CHUCK);
  spmd(columns + indexer::PartialTasks<1, kTokens>(weights), [&](long task) {
    if (task < columns) {
      simd::MatMulColumns<kTiles.Q_OUT_CHUCK, kTiles.Q_CHUCK>(matmul, task * kTiles.Q_OUT_CHUCK);
    } else {
      indexer::ComputePartials<1, kTokens, kTiles.D_CHUCK>(weights, task - columns);
    }
  });
  spmd(2 * long{a.B}, [&](long task) {
    if (task < a.B) FinishQuery<kTiles.HEAD_DIM_CHUCK>(a, task);
    else indexer::AddPartials<1>(weights, task - a.B);
  });

  const long tiles = Blocks(a.SCORE_LEN, kTiles.CACHE_TILE);
  spmd(a.B * tiles, [&](long task) {
    const long begin = task % tiles * kTiles.CACHE_TILE;
    ScoreTile(a, task / tiles, begin, Clip(begin, kTiles.CACHE_TILE, a.SCORE_LEN));
  });
  constexpr int kSelectBits = 11, kSortBits = 8;  // per pass (topk.h); no tiles of the original
  spmd(a.B, [&](long t) {
    topk::Row<kSelectBits, kSortBits>(a.score + t * a.SCORE_LEN, Visible(a), a.IDX_TOPK, a.offset,
                                      a.topk_idxs + t * a.SCORE_LEN, a.SCORE_LEN,
                                      a.lists + t * topk::ListSize(a.SCORE_LEN));
  });
}

}  // namespace kernels
