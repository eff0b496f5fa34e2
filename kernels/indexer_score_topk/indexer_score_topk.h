// indexer_score_topk: which compressed keys a decode token shall attend to (kernels.md §1, V0). A
// cheap attention of 64 heads scores every visible key; the indices of the best ones are the
// result.
//
//   q = bf16 rope(qr · wq_b) · hadamard      [64 heads, 128]; heads' last 64 columns are rotated
//   w = (x · weights_proj)·2^-6.5
//   score[j] = Σ_h max(q[h]·kv[j], 0)·w[h]   for the visible keys j, else −FLT_MAX
//   topk_idxs = offset + the IDX_TOPK best of the visible ones, then −1
//
// Stages, each a launch of independent tasks with a barrier behind it:
//   q_proj[8192/Q_OUT_CHUCK] ∥ weights_proj → rope and hadamard[T·64/HEAD_CHUNK]
//     → score[B · SCORE_LEN/CACHE_TILE] → top-k[T]
//
// Keys lie contiguously per batch (indexer_score_topk), all batches at one start_pos, or in pages
// (indexer_score_topk_paged), each batch with a length of its own.
//
// The originals' kernel rounds q to bf16 three times; their golden does not, and neither do we.
// MAX_CACHE_BLOCKS and SORT_LEN (class L) are a static task count and the padding of a sort that
// topk.h does not need.
#pragma once

#include "kernels/indexer/head_weights.h"
#include "kernels/indexer_qr_rope/indexer_qr_rope.h"
#include "kernels/topk/topk.h"

namespace kernels {

/// B batches of S tokens, T = B·S. A key is visible to all tokens of a batch when its index is
/// below (length of the sequence)/4, which is at most SCORE_LEN and what cache and table hold.
/// start_pos is at least 1.
struct IndexerScoreTopKArgs {
  const bf16* x;             // [B, S, D]
  const bf16* qr;            // [B, S, QL]
  const bf16* wq_b;          // [QL, 8192] head·128 + dim
  const bf16* weights_proj;  // [D, 64]
  const float* cos;          // [1, 32] of start_pos; paged: [B, 32] of the batch's first token
  const float* sin;          // the same
  const bf16* even_select;   // [64, 32] one-hot: de-interleaves by matmul. Not read: strides do
  const bf16* odd_select;    // [64, 32] the same
  const bf16* hadamard;      // [128, 128] any matrix
  const bf16* idx_kv_cache;  // [B, CACHE_LEN, 128]; paged: [BLOCKS, PAGE, 1, 128]
  const int* idx_block_table;  // [B, TABLE] −1: no page, its keys score −FLT_MAX. Null: contiguous
  const int* kv_seq_lens;      // [B] tokens so far, this step's included. Null: start_pos + S
  float* score;                // [B, S, SCORE_LEN] out
  int* topk_idxs;              // [B, S, SCORE_LEN] out
  float* q;                    // scratch [T, 8192]
  float* q_rot;                // scratch [T, 8192]
  float* weights_partials;     // scratch [T, 64]
  float* weights;              // scratch [T, 64]
  int* lists;                  // scratch [T, topk::ListSize(SCORE_LEN)]
  int B;
  int S;
  int D;
  int QL;
  int CACHE_LEN;
  int BLOCKS;
  int PAGE;
  int TABLE;
  int SCORE_LEN;
  int IDX_TOPK;
  int start_pos;
  int offset;
};

namespace indexer {
inline namespace KERNELS_SIMD_ISA {

inline Keys KeysOf(const IndexerScoreTopKArgs& a, long b) {
  if (a.idx_block_table == nullptr) return {nullptr, 0, b * a.CACHE_LEN};
  return {a.idx_block_table + b * a.TABLE, a.PAGE, 0};
}

inline long Visible(const IndexerScoreTopKArgs& a, long b) {
  const long length = a.kv_seq_lens == nullptr ? long{a.start_pos} + a.S : a.kv_seq_lens[b];
  return Clip(0, length / kRatio, a.SCORE_LEN);
}

/// Columns [n0, n0 + kColumns) of q for all tokens, kK rows of the weight at a time.
template <int kColumns, int kK>
void ProjectQuery(const IndexerScoreTopKArgs& a, long n0) {
  static_assert(kColumns > 0 && kK > 0, "tiles are positive");
  constexpr long kStrip = 2 * simd::kLanes;  // what one pass over kK rows accumulates
  const simd::FloatMatMul<bf16, bf16> matmul{a.qr, a.QL, a.wq_b, kQueryDim, a.q, kQueryDim};
  const long n1 = Clip(n0, kColumns, kQueryDim);
  for (long k = 0; k < a.QL; k += kK) {
    for (long n = n0; n < n1; n += kStrip) {
      simd::MultiplyInputFirst(matmul, {0, long{a.B} * a.S}, {n, Clip(n, kStrip, n1)},
                               {k, Clip(k, kK, a.QL)}, k > 0);
    }
  }
}

/// Rotates the last 64 columns of a head's query, kStep columns at a time, and rounds them to bf16.
template <int kStep>
void RotateTail(const float* q, const indexer_qr_rope::Angles& angles, float* to) {
  static_assert(kStep > 0 && kStep % 2 == 0, "a step is a number of pairs");
  constexpr int kNope = indexer_qr_rope::kNopeDim;
  __builtin_memcpy(to, q, kNope * sizeof(float));
  for (long begin = 0; begin < kIndexerRopeDim; begin += kStep) {
    simd::ForLanes(
        begin,
        Clip(begin, kStep, kIndexerRopeDim), [&](long j, int n) __attribute__((always_inline)) {
          const simd::F32 x = simd::Load(q + kNope + j, n);
          const simd::F32 y = x * simd::Load(angles.cos + j, n) +
                              indexer_qr_rope::SwapPairs(x) * simd::Load(angles.sin + j, n);
          simd::Store(to + kNope + j, simd::FromBf16(simd::ToBf16(y)), n);
        });
  }
}

/// Query rows [begin, end), a row being one head of one token: rotated, then times the matrix, both
/// of whose sides are walked in steps of kBlock.
template <int kRows, int kStep, int kBlock>
void RotateAndMix(const IndexerScoreTopKArgs& a, long begin, long end) {
  static_assert(kBlock > 0, "tiles are positive");
  float rotated[kRows][kHeadDim];
  const IndexerQrRopeArgs tables{nullptr, a.cos, a.sin, nullptr, a.B, a.S, kHeads};
  const long rows_per_batch = long{a.S} * kHeads;
  indexer_qr_rope::Angles angles;
  for (long row = begin; row < end; ++row) {
    if (row == begin || row % rows_per_batch == 0) {
      const long batch = a.idx_block_table == nullptr ? 0 : row / rows_per_batch;
      indexer_qr_rope::Interleave(tables, batch, &angles);
    }
    RotateTail<kStep>(a.q + row * kHeadDim, angles, rotated[row - begin]);
  }
  const simd::FloatMatMul<float, bf16> matmul{
      rotated[0], kHeadDim, a.hadamard, kHeadDim, a.q_rot + begin * kHeadDim, kHeadDim};
  for (long n = 0; n < kHeadDim; n += kBlock) {
    for (long k = 0; k < kHeadDim; k += kBlock) {
      simd::MultiplyInputFirst(matmul, {0, end - begin}, {n, Clip(n, kBlock, kHeadDim)},
                               {k, Clip(k, kBlock, kHeadDim)}, k > 0);
    }
  }
}

/// Keys of one step of the scoring, transposed, and their scores by head: both stay in L1 and L2.
inline constexpr int kKeyStep = 64;
struct KeyStep {
  alignas(64) float keys[kHeadDim][kKeyStep];
  alignas(64) float scores[kHeads][kKeyStep];
};

/// Keys [begin, end) as columns; those that no page holds become 0.
inline void LoadKeys(const Keys& keys, const bf16* cache, long begin, long end, KeyStep* to) {
  for (long j = begin; j < end; ++j) {
    float* column = &to->keys[0][j - begin];
    const long row = keys.Row(j);
    if (row < 0) {
      for (long d = 0; d < kHeadDim; ++d) column[d * kKeyStep] = 0;
      continue;
    }
    // Two at a time: a bf16 pair is one word, and shifts make floats of it.
    const bf16* key = cache + row * kHeadDim;
    for (long d = 0; d < kHeadDim; d += 2) {
      unsigned pair;
      __builtin_memcpy(&pair, key + d, sizeof(pair));
      column[d * kKeyStep] = __builtin_bit_cast(float, pair << 16);
      column[(d + 1) * kKeyStep] = __builtin_bit_cast(float, pair & 0xffff0000u);
    }
  }
}

/// score[j] = Σ_h relu(scores[h][j])·w[h], heads ascending.
inline void WeighHeads(const KeyStep& step, const float* weights, long n, float* score) {
  simd::ForLanes(
      0, n, [&](long j, int lanes) __attribute__((always_inline)) {
        simd::F32 sum = {};
        for (int h = 0; h < kHeads; ++h) {
          const simd::F32 s = simd::Max(simd::F32{}, simd::Load(step.scores[h] + j, lanes));
          sum = simd::Fma(s, simd::F32{} + weights[h], sum);
        }
        simd::Store(score + j, sum, lanes);
      });
}

/// Scores of keys [begin, end), at most kKeyStep, for the tokens of batch b.
inline void ScoreStep(const IndexerScoreTopKArgs& a, long b, long begin, long end, KeyStep* step) {
  const Keys keys = KeysOf(a, b);
  LoadKeys(keys, a.idx_kv_cache, begin, end, step);
  for (long t = b * a.S; t < (b + 1) * a.S; ++t) {
    const simd::FloatMatMul<float, float> matmul{
        a.q_rot + t * kQueryDim, kHeadDim, step->keys[0], kKeyStep, step->scores[0], kKeyStep};
    simd::MultiplyInputFirst(matmul, {0, kHeads}, {0, end - begin}, {0, kHeadDim}, false);
    float* score = a.score + t * a.SCORE_LEN;
    WeighHeads(*step, a.weights + t * kHeads, end - begin, score + begin);
    for (long j = begin; j < end; ++j) {
      if (keys.Row(j) < 0) score[j] = kNegInf;
    }
  }
}

/// Scores [begin, end) of all tokens of batch b.
inline void ScoreTile(const IndexerScoreTopKArgs& a, long b, long begin, long end) {
  const long visible = Visible(a, b);
  const long last = end < visible ? end : visible;
  KeyStep step;
  for (long j = begin; j < last; j += kKeyStep) {
    ScoreStep(a, b, j, Clip(j, kKeyStep, last), &step);
  }
  for (long t = b * a.S; t < (b + 1) * a.S; ++t) {
    FillNegInf(a.score + t * a.SCORE_LEN, last > begin ? last : begin, end);
  }
}

/// Bits per pass of a selection and of a sort (topk.h); no tiles of the originals.
inline constexpr int kSelectBits = 11;
inline constexpr int kSortBits = 8;

}  // namespace KERNELS_SIMD_ISA
}  // namespace indexer

/// kTiles: Q_OUT_CHUCK columns of the query projection per task, Q_CHUCK rows of its weight per
/// step; D_CHUCK inner dimensions of the weights projection per step; HEAD_CHUNK heads per task of
/// rotation and matrix product, ROPE_CHUCK columns per step of the rotation, HEAD_DIM_CHUCK per
/// step of the product; CACHE_TILE keys per scoring task. D_CHUCK, Q_CHUCK and HEAD_DIM_CHUCK
/// reorder sums, all others are exact. Scratch may hold anything before and holds the stages'
/// results afterwards.
template <auto kTiles>
void IndexerScoreTopK(const IndexerScoreTopKArgs& a) {
  static_assert(kTiles.HEAD_CHUNK > 0 && kTiles.CACHE_TILE > 0, "tiles are positive");
  using namespace indexer;
  const long tokens = long{a.B} * a.S;
  const HeadWeights weights{a.x, a.weights_proj, a.weights_partials, a.weights, tokens, a.D};
  constexpr int kTokens = 8;  // per task of the weights projection
  const long columns = Blocks(kQueryDim, kTiles.Q_OUT_CHUCK);
  spmd(columns + PartialTasks<1, kTokens>(weights), [&](long task) {
    if (task < columns) {
      ProjectQuery<kTiles.Q_OUT_CHUCK, kTiles.Q_CHUCK>(a, task * kTiles.Q_OUT_CHUCK);
    } else {
      ComputePartials<1, kTokens, kTiles.D_CHUCK>(weights, task - columns);
    }
  });

  const long rows = tokens * kHeads, groups = Blocks(rows, kTiles.HEAD_CHUNK);
  spmd(groups + tokens, [&](long task) {
    if (task >= groups) return AddPartials<1>(weights, task - groups);
    const long begin = task * kTiles.HEAD_CHUNK;
    RotateAndMix<kTiles.HEAD_CHUNK, kTiles.ROPE_CHUCK, kTiles.HEAD_DIM_CHUCK>(
        a, begin, Clip(begin, kTiles.HEAD_CHUNK, rows));
  });

  const long tiles = Blocks(a.SCORE_LEN, kTiles.CACHE_TILE);
  spmd(a.B * tiles, [&](long task) {
    const long begin = task % tiles * kTiles.CACHE_TILE;
    ScoreTile(a, task / tiles, begin, Clip(begin, kTiles.CACHE_TILE, a.SCORE_LEN));
  });

  spmd(tokens, [&](long t) {
    topk::Row<kSelectBits, kSortBits>(a.score + t * a.SCORE_LEN, Visible(a, t / a.S), a.IDX_TOPK,
                                      a.offset, a.topk_idxs + t * a.SCORE_LEN, a.SCORE_LEN,
                                      a.lists + t * topk::ListSize(a.SCORE_LEN));
  });
}

}  // namespace kernels
