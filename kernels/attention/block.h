// One block of at most kAttnKTile keys against a tile of heads of one token (kernels.md §7.2, steps
// 1 and 2): scores, their softmax relative to the block's largest, and the rows weighted by it.
//
// Rows of 512 floats are "split" (kernels/simd/bf16_pairs.h). A head's bits depend on nothing but
// its own query and the block's rows.
#pragma once

#include "kernels/attention/attention_args.h"
#include "kernels/simd/bf16_dots.h"
#include "kernels/simd/exp.h"

namespace kernels::attention {
inline namespace KERNELS_SIMD_ISA {

using simd::F32;

/// The keys of a block, which are its values too.
struct Keys {
  const bf16* row[kAttnKTile];
  long count;
};

/// A tile of heads: kHeads rows of weights, first scores.
template <int kHeads>
struct Weights {
  // A multiple of any vector: what lies beyond the keys is set so that it changes nothing.
  alignas(64) float row[kHeads][kAttnKTile];
  float max[kHeads];
  float sum[kHeads];
};

/// row[h][j] = (q_h·K_j)·SOFTMAX_SCALE for heads [0, heads) of q [heads, 512].
template <int kHeads>
void Score(const bf16* q, long heads, const Keys& keys, Weights<kHeads>* w) {
  for (long j = 0; j < keys.count; j += simd::kDotColumns) {
    const bf16* columns[simd::kDotColumns];  // past the last: the last again, and dropped
    for (long c = 0; c < simd::kDotColumns; ++c) columns[c] = keys.row[Clip(j, c, keys.count - 1)];
    for (long h = 0; h < heads; h += simd::kDotTokens) {
      const bf16* queries[simd::kDotTokens];
      for (long r = 0; r < simd::kDotTokens; ++r) {
        queries[r] = q + Clip(h, r, heads - 1) * kHeadDim;
      }
      const F32 dots = simd::Dots(queries, columns, 0, kHeadDim) * kSoftmaxScale;
      const float* from = reinterpret_cast<const float*>(&dots);
      for (long r = 0; r < simd::kDotTokens && h + r < heads; ++r) {
        // kAttnKTile is a multiple of kDotColumns, so this stays in the row.
        __builtin_memcpy(&w->row[h + r][j], from + r * simd::kDotColumns,
                         sizeof(float) * simd::kDotColumns);
      }
    }
  }
}

/// Scores to weights: e = exp(s − max), summed unrounded, then rounded to bf16.
template <int kHeads>
void Softmax(long heads, long count, Weights<kHeads>* w) {
  const long end = Blocks(count, simd::kLanes) * simd::kLanes;
  for (long h = 0; h < heads; ++h) {
    float* row = w->row[h];
    for (long j = count; j < end; ++j) row[j] = -3e38f;  // exp gives 0
    F32 largest = simd::Load(row, simd::kLanes);
    for (long j = simd::kLanes; j < end; j += simd::kLanes) {
      largest = simd::Max(largest, simd::Load(row + j, simd::kLanes));
    }
    w->max[h] = simd::MaxLane(largest);
    F32 sum = {};
    for (long j = 0; j < end; j += simd::kLanes) {
      const F32 e = simd::Exp(simd::Load(row + j, simd::kLanes) - w->max[h]);
      sum += e;
      simd::Store(row + j, simd::FromBf16(simd::ToBf16(e)), simd::kLanes);
    }
    w->sum[h] = simd::SumLanes(sum);
  }
}

/// emit(h, d, v) for every head h and every vector of the split row Σ_j weight[h][j]·K_j, d its
/// first place in the row.
template <int kHeads, typename Emit>
void WeighRows(long heads, const Keys& keys, const Weights<kHeads>& w, const Emit& emit) {
  constexpr int kTile = 4, kPairs = simd::kLanes == 16 ? 2 : 1;  // 16 accumulators, or 8
  static_assert(kHeadDim % (kPairs * simd::kPairLanes) == 0, "a row is a number of tiles");
  for (long d = 0; d < kHeadDim; d += kPairs * simd::kPairLanes) {
    for (long h = 0; h < heads; h += kTile) {
      F32 even[kTile][kPairs] = {}, odd[kTile][kPairs] = {};
      const float* weights[kTile];
      for (long r = 0; r < kTile; ++r) weights[r] = w.row[Clip(h, r, heads - 1)];
      for (long j = 0; j < keys.count; ++j) {
        simd::Pair value[kPairs];
        for (int p = 0; p < kPairs; ++p) {
          value[p] = simd::LoadPair(keys.row[j] + d + p * simd::kPairLanes);
        }
#pragma GCC unroll 4
        for (int r = 0; r < kTile; ++r) {
          const F32 weight = simd::Broadcast(weights[r][j]);
          for (int p = 0; p < kPairs; ++p) {
            even[r][p] = simd::Fma(weight, value[p].even, even[r][p]);
            odd[r][p] = simd::Fma(weight, value[p].odd, odd[r][p]);
          }
        }
      }
      for (long r = 0; r < kTile && h + r < heads; ++r) {
        for (int p = 0; p < kPairs; ++p) {
          emit(h + r, d + p * simd::kPairLanes, even[r][p]);
          emit(h + r, d + p * simd::kPairLanes + simd::kLanes, odd[r][p]);
        }
      }
    }
  }
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace kernels::attention
