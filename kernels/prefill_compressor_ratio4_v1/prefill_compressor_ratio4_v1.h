// prefill_compressor_ratio4_v1: the ratio-4 compressor of a whole prompt that begins at position 0
// (kernels.md §6.1, contract V1).
//
//   kv = x·WKV, score = x·WGATE + ape[s % 4]
//   window c: tokens 4c−4 … 4c−1 with columns 0 … 511, if there are any, and tokens 4c … 4c+3 with
//     columns 512 … 1023; pooled → bf16 → RMS norm → bf16 → RoPE, rotated columns → bf16
//   state: the last whole window's tokens in slots 0 … 3, the tokens after it from slot 4 on
//
//   projections[1024/OUT_CHUNK] → state[B·S] ∥ pool[windows · 512/HEAD_CHUNK] → norm, RoPE, cache
//     [windows]
//
// The projections and the pool are followed by barriers. Two passes over a window's scores are
// mandatory in this contract.
#pragma once

#include "kernels/simd/float_matmul.h"
#include "kernels/simd/rotate_pairs.h"
#include "kernels/simd/softmax_pool.h"
#include "kernels/simd/vec.h"
#include "kernels/spmd.h"

namespace kernels {

struct PrefillCompressorV1Args {
  const bf16* x;        // [B, S, D]
  const bf16* wkv;      // [D, 1024]
  const bf16* wgate;    // [D, 1024]
  const float* ape;     // [4, 1024]
  const float* norm_w;  // [512]
  const float* cos;     // [ROPE_ROWS, 32], row c for position 4c; ROPE_ROWS >= S/4
  const float* sin;     // [ROPE_ROWS, 32]
  float* kv_state;      // [B, 8, 1024] in/out
  float* score_state;   // [B, 8, 1024] in/out
  float* kv;            // [B, S/4, 512] out
  bf16* kv_cache;       // [B, IDX_KV_LEN, 512] in/out, rows 0 … S/4 − 1; IDX_KV_LEN >= S/4
  float* kv_rows;       // scratch [B·S, 1024]
  float* score_rows;    // scratch [B·S, 1024]
  float* pooled;        // scratch [B·S, 512]
  int B;
  int S;
  int D;
  int ROPE_ROWS;
  int IDX_KV_LEN;
};

namespace prefill_compressor_v1 {
inline namespace KERNELS_SIMD_ISA {

using simd::F32;
using simd::kLanes;

inline constexpr int kRatio = 4;
inline constexpr int kOut = 1024;
inline constexpr int kHead = 512;
inline constexpr int kRope = 64;

// kv and score of all tokens, kOutChunk columns of both per task. K steps continue each element's
// own sum.
template <int kOutChunk, int kKChunk>
void Project(const PrefillCompressorV1Args& a) {
  static_assert(kOutChunk > 0 && kKChunk > 0, "tiles are positive");
  const simd::FloatMatMul<bf16, bf16> kv{a.x, a.D, a.wkv, kOut, a.kv_rows, kOut};
  const simd::FloatMatMul<bf16, bf16> score{a.x, a.D, a.wgate, kOut, a.score_rows, kOut};
  const simd::Range tokens{0, long{a.B} * a.S};
  spmd(Blocks(kOut, kOutChunk), [&](long task) {
    const simd::Range columns{task * kOutChunk, Clip(task * kOutChunk, kOutChunk, kOut)};
    for (long k = 0; k < a.D; k += kKChunk) {
      const simd::Range step{k, Clip(k, kKChunk, a.D)};
      simd::MultiplyInputFirst(kv, tokens, columns, step, k > 0);
      simd::MultiplyInputFirst(score, tokens, columns, step, k > 0);
    }
    for (long t = 0; t < tokens.end; ++t) {
      float* row = a.score_rows + t * kOut;
      const float* ape = a.ape + t % a.S % kRatio * kOut;
      simd::ForLanes(
          columns.begin, columns.end, [&](long c, int n) __attribute__((always_inline)) {
            simd::Store(row + c, simd::Load(row + c, n) + simd::Load(ape + c, n), n);
          });
    }
  });
}

// Token s of batch b to its slot of the state, if it has one.
inline void UpdateState(const PrefillCompressorV1Args& a, long b, long s) {
  const long cutoff = a.S - a.S % kRatio;
  const long slot = s - (cutoff - kRatio);
  if (slot < 0) return;
  const long from = (b * a.S + s) * kOut, to = (b * 2 * kRatio + slot) * kOut;
  __builtin_memcpy(a.kv_state + to, a.kv_rows + from, kOut * sizeof(float));
  __builtin_memcpy(a.score_state + to, a.score_rows + from, kOut * sizeof(float));
}

// The slots of a window: front, unless it is the first, then back.
struct Window {
  const float* kv;  // of its own first token
  const float* score;
  long front;  // slots before it: 4 or 0
  static long Offset(long slot) { return slot * kOut + (slot < 0 ? 0 : kHead); }
  const float* Kv(long s) const { return kv + Offset(s - front); }
  const float* Score(long s) const { return score + Offset(s - front); }
};

inline F32 RoundBf16(F32 v) { return simd::FromBf16(simd::ToBf16(v)); }

// 1/rms of a row, after rounding it to bf16 in place.
inline float RoundAndInvert(float* row) {
  F32 squares = {};
  for (int c = 0; c < kHead; c += kLanes) {
    const F32 v = RoundBf16(simd::Load(row + c, kLanes));
    simd::Store(row + c, v, kLanes);
    squares += v * v;
  }
  return 1.0f / __builtin_sqrtf(simd::SumLanes(squares) * (1.0f / kHead) + 1e-6f);
}

// The pooled row of window c of batch b to kv and the cache. kChunk columns are rotated per step.
template <int kChunk>
void FinishRow(const PrefillCompressorV1Args& a, long b, long c, float* pooled) {
  static_assert(kChunk > 0 && kChunk % 2 == 0, "steps are whole pairs");
  const float inverse = RoundAndInvert(pooled);
  for (int i = 0; i < kHead; i += kLanes) {
    const F32 normed =
        simd::Load(a.norm_w + i, kLanes) * (simd::Load(pooled + i, kLanes) * inverse);
    simd::Store(pooled + i, RoundBf16(normed), kLanes);
  }
  simd::PairAngles<kRope / 2> angles;
  simd::InterleaveAngles(a.cos + c * (kRope / 2), a.sin + c * (kRope / 2), &angles);
  float* tail = pooled + (kHead - kRope);
  for (long i = 0; i < kRope; i += kChunk) {
    simd::RotatePairs(tail, angles, i, Clip(i, kChunk, kRope), tail);
  }
  float* kv = a.kv + (b * (a.S / kRatio) + c) * kHead;
  bf16* cache = a.kv_cache + (b * a.IDX_KV_LEN + c) * kHead;
  for (int i = 0; i < kHead; i += kLanes) {
    const F32 v = simd::Load(pooled + i, kLanes);
    simd::Store(kv + i, RoundBf16(v), kLanes);
    simd::Store(cache + i, v, kLanes);
  }
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace prefill_compressor_v1

/// kTiles: OUT_CHUNK columns of both projections per task, K_CHUNK of the inner dimension per step;
/// HEAD_CHUNK columns of a window per pooling task; ROPE_CHUCK columns per rotation step, even. All
/// exact.
template <auto kTiles>
void PrefillCompressorRatio4V1(const PrefillCompressorV1Args& a) {
  namespace steps = prefill_compressor_v1;
  static_assert(kTiles.HEAD_CHUNK > 0, "tiles are positive");
  steps::Project<kTiles.OUT_CHUNK, kTiles.K_CHUNK>(a);
  spmd(long{a.B} * a.S, [&](long t) { steps::UpdateState(a, t / a.S, t % a.S); });

  const long windows = a.S / steps::kRatio;
  constexpr long kBlocks = Blocks(steps::kHead, kTiles.HEAD_CHUNK);
  spmd(a.B * windows * kBlocks, [&](long task) {
    const long i = task / kBlocks, c = task % kBlocks * kTiles.HEAD_CHUNK;
    const long token = (i / windows * a.S + i % windows * steps::kRatio) * steps::kOut;
    const steps::Window window{a.kv_rows + token, a.score_rows + token,
                               i % windows == 0 ? 0 : steps::kRatio};
    constexpr int kInRegisters = 32;  // columns; strips of eight slots gain nothing by more
    simd::SoftmaxPool<kInRegisters>(window, window.front + steps::kRatio, c,
                                    Clip(c, kTiles.HEAD_CHUNK, steps::kHead),
                                    a.pooled + i * steps::kHead);
  });
  spmd(a.B * windows, [&](long i) {
    steps::FinishRow<kTiles.ROPE_CHUCK>(a, i / windows, i % windows, a.pooled + i * steps::kHead);
  });
}

}  // namespace kernels
