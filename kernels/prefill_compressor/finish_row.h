// What becomes of a pooled row, and of the state (kernels.md §6): RMS norm, rotation, bf16.
#pragma once

#include "kernels/prefill_compressor/prefill_compressor_args.h"
#include "kernels/prefill_compressor/window.h"
#include "kernels/simd/rotate_pairs.h"
#include "kernels/simd/vec.h"
#include "kernels/spmd.h"

namespace kernels::prefill_compressor {
inline namespace KERNELS_SIMD_ISA {

using simd::F32;
using simd::kLanes;

// 1/sqrt(mean of squares + ε). Lane l of the sum holds the columns ≡ l, whatever the tile.
template <int kTile, int kHead>
float InverseRms(const float* row) {
  static_assert(kTile > 0 && kTile % kLanes == 0, "columns fill vectors");
  F32 squares = {};
  for (int tile = 0; tile < kHead; tile += kTile) {
    for (int c = tile; c < tile + kTile; c += kLanes) {
      const F32 v = simd::Load(row + c, kLanes);
      squares += v * v;
    }
  }
  return 1.0f / __builtin_sqrtf(simd::SumLanes(squares) * (1.0f / kHead) + 1e-6f);
}

// The pooled row of the window that the token ends: normalised, rotated, rounded.
template <int kTile, typename Ratio>
void FinishRow(const PrefillCompressorArgs& a, long token, const float* pooled, bf16* to) {
  static_assert(Ratio::kHead % kTile == 0, "tiles fill the row");
  constexpr int kNope = Ratio::kHead - kCompressedRopeDim;
  const float inverse = InverseRms<kTile, Ratio::kHead>(pooled);
  float tail[kCompressedRopeDim];
  for (int tile = 0; tile < Ratio::kHead; tile += kTile) {
    for (int c = tile; c < tile + kTile; c += kLanes) {
      const F32 weight = simd::Load(a.norm_w + c, kLanes);
      const F32 normed = weight * (simd::Load(pooled + c, kLanes) * inverse);
      if (c < kNope) simd::Store(to + c, normed, kLanes);
      else simd::Store(tail + (c - kNope), normed, kLanes);
    }
  }
  const long angle = (a.position_ids[token] - (Ratio::kRatio - 1)) * long{kCompressedRopeDim};
  simd::PairAngles<kCompressedRopeDim / 2> angles;
  simd::InterleaveAngles(a.freqs_cos + angle, a.freqs_sin + angle, &angles);
  simd::RotatePairs(tail, angles, 0, kCompressedRopeDim, to + kNope);
}

// A token's projections to its row of the state.
template <typename Ratio>
void UpdateState(const PrefillCompressorArgs& a, long token) {
  const long row = a.state_slot_mapping[token];
  if (row < 0) return;
  const State state = StateOf<Ratio>(a);
  constexpr unsigned long kBytes = Ratio::kOut * sizeof(float);
  __builtin_memcpy(state.kv + row * state.stride, a.kv + token * Ratio::kOut, kBytes);
  __builtin_memcpy(state.score + row * state.stride, a.score + token * Ratio::kOut, kBytes);
}

// The first `windows` of a.windows to their places in the cache, kRows of them per task.
template <int kRows, int kTile, typename Ratio>
void FinishRows(const PrefillCompressorArgs& a, long windows) {
  static_assert(kRows > 0, "tiles are positive");
  spmd(Blocks(windows, kRows), [&](long task) {
    for (long i = task * kRows; i < Clip(task * kRows, kRows, windows); ++i) {
      const long token = a.windows[i];
      FinishRow<kTile, Ratio>(a, token, a.pooled + i * Ratio::kHead,
                              a.cmp_kv + a.cmp_slot_mapping[token] * Ratio::kHead);
    }
  });
}

// The active tokens, kTokens of them per task.
template <int kTokens, typename Ratio>
void UpdateStates(const PrefillCompressorArgs& a) {
  static_assert(kTokens > 0, "tiles are positive");
  const long tokens = ActiveTokens(a);
  spmd(Blocks(tokens, kTokens), [&](long task) {
    for (long t = task * kTokens; t < Clip(task * kTokens, kTokens, tokens); ++t) {
      UpdateState<Ratio>(a, t);
    }
  });
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace kernels::prefill_compressor
