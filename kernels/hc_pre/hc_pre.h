// hc_pre: collapses the four residual streams into a block's input with weights that depend on the
// data, and makes the weights with which hc_post mixes the output back (kernels.md §11.1).
//
//   mix_m = (Σ_k x_k·fn[m,k]) / rms(x)                over the 4·D elements of a token, m < 24
//   pre_i = sigmoid(mix_i·s0 + b_i) + 1e-6,  post_i = 2·sigmoid(mix_{4+i}·s1 + b_{4+i})
//   comb = sinkhorn(mix_{8…23}·s2 + b_{8…23})          4×4, rows and columns summing to 1
//   x_mixed = Σ_i pre_i·x_i
//
// Two contracts. V3 (HcPre): FP32 streams, (y0+y1)+(y2+y3), rounded to nearest even. V2
// (HcPreBf16): bf16 streams, summed one after the other, halves rounded away from zero.
//
// Stages: cast (V2) → rms ∥ linear[token tile × LINEAR_OK] → split → comb ∥ mix[token tile × D_SPMD].
// What a task sums of the inner dimension is stored and added in ascending order afterwards: the
// result does not depend on which task ends first. The last block of every tile is clipped. Compile
// with -ffp-contract=off.
#pragma once

#include "kernels/hc_pre/sinkhorn.h"
#include "kernels/simd/float_matmul.h"
#include "kernels/spmd.h"

namespace kernels {

inline constexpr int kHcMixes = 24;
/// Largest LINEAR_OK and RMS_OK.
inline constexpr int kHcMaxSplits = 64;

template <typename Stream>
struct HcPreArgsOf {
  const Stream* x;        // [T, 4, D]
  const float* hc_fn;     // [24, 4·D]
  const float* hc_scale;  // [3] of pre, post and comb
  const float* hc_base;   // [24]
  bf16* x_mixed;          // [T, D] out
  float* post;            // [T, 4] out
  float* comb;            // [T, 16] out: weight of stream i in output o at 4·i + o
  float* wide;      // scratch [T, 4·D]: bf16 streams in FP32. FP32 streams: unused, may be null
  float* squares;   // scratch [T, 64]
  float* partials;  // scratch [64, T, 24]
  float* mixes;     // scratch [24, T]
  float* pre;       // scratch [4, T]
  int T;
  int D;
};

using HcPreArgs = HcPreArgsOf<float>;
using HcPreBf16Args = HcPreArgsOf<bf16>;

namespace hc_pre {
inline namespace KERNELS_SIMD_ISA {

using simd::F32;
using simd::Range;

// Of LINEAR_T_TILE, which the original pads its matrix unit to: no tunable.
inline constexpr long kLinearTokens = 16;

inline const float* Wide(const HcPreArgsOf<float>& a) { return a.x; }
inline const float* Wide(const HcPreArgsOf<bf16>& a) { return a.wide; }

// The i-th of `parts` equal parts of [0, size), the last clipped or empty.
inline Range Part(long size, long parts, long i) {
  const long length = Blocks(size, parts);
  const long begin = Clip(0, i * length, size);
  return {begin, Clip(begin, length, size)};
}

inline void Cast(const bf16* from, float* to, Range r) {
  simd::ForLanes(
      r.begin, r.end, [&](long i, int n) __attribute__((always_inline)) {
        simd::Store(to + i, simd::Load(from + i, n), n);
      });
}

// Σ v² over r, chunk by chunk.
template <int kChunk>
float SumSquares(const float* v, Range r) {
  float total = 0;
  for (long begin = r.begin; begin < r.end; begin += kChunk) {
    F32 sum = {};
    simd::ForLanes(
        begin, Clip(begin, kChunk, r.end), [&](long i, int n) __attribute__((always_inline)) {
          const F32 value = simd::Load(v + i, n);
          sum = simd::Fma(value, value, sum);
        });
    total += simd::SumLanes(sum);
  }
  return total;
}

// Partial sums `split` of the tokens' 24 mixes, over inner part k.
template <int kChunk, typename Stream>
void Linear(const HcPreArgsOf<Stream>& a, Range tokens, long split, Range k) {
  const long width = long{4} * a.D;
  const simd::FloatMatMul<float, float> product{
      Wide(a), width, a.hc_fn, width, a.partials + split * a.T * kHcMixes, kHcMixes};
  bool add = false;
  do {  // an empty part still writes its zeros
    const Range chunk{k.begin, Clip(k.begin, kChunk, k.end)};
    simd::MultiplyOutputFirst(product, tokens, {0, kHcMixes}, chunk, add);
    add = true;
    k.begin = chunk.end;
  } while (k.begin < k.end);
}

// Adds up the parts of one token and normalises: column t of `mixes`.
template <typename Stream>
void Reduce(const HcPreArgsOf<Stream>& a, long t, int linear_parts, int rms_parts) {
  float squares = 0;
  for (int i = 0; i < rms_parts; ++i) squares += a.squares[t * kHcMaxSplits + i];
  const float mean = squares * (1.0f / static_cast<float>(4 * a.D));
  const float inverse = 1.0f / __builtin_sqrtf(mean + 1e-6f);
  for (int m = 0; m < kHcMixes; ++m) {
    float sum = 0;
    for (long i = 0; i < linear_parts; ++i) sum += a.partials[(i * a.T + t) * kHcMixes + m];
    a.mixes[m * long{a.T} + t] = sum * inverse;
  }
}

inline F32 Sigmoid(F32 v) { return 1.0f / (1.0f + simd::Exp(-v)); }

// Mix m of the tokens from t on, scaled by hc_scale[group].
template <typename Stream>
F32 Affine(const HcPreArgsOf<Stream>& a, int m, int group, long t, int n) {
  return simd::Load(a.mixes + m * long{a.T} + t, n) * a.hc_scale[group] + a.hc_base[m];
}

template <typename Stream>
void SplitPrePost(const HcPreArgsOf<Stream>& a, Range tokens) {
  simd::ForLanes(
      tokens.begin, tokens.end, [&](long t, int n) __attribute__((always_inline)) {
        for (int i = 0; i < 4; ++i) {
          const F32 pre = Sigmoid(Affine(a, i, 0, t, n)) + kHcEps;
          simd::Store(a.pre + i * long{a.T} + t, pre, n);
          const F32 post = 2.0f * Sigmoid(Affine(a, 4 + i, 1, t, n));
          for (int lane = 0; lane < n; ++lane) a.post[(t + lane) * 4 + i] = post[lane];
        }
      });
}

template <typename Stream>
void CombTokens(const HcPreArgsOf<Stream>& a, Range tokens) {
  simd::ForLanes(tokens.begin, tokens.end, [&](long t, int n) {
    Matrices m;
    for (int e = 0; e < 16; ++e) m.c[e / 4][e % 4] = Affine(a, 8 + e, 2, t, n);
    Sinkhorn(&m);
    for (int e = 0; e < 16; ++e) {
      for (int lane = 0; lane < n; ++lane) a.comb[(t + lane) * 16 + e] = m.c[e / 4][e % 4][lane];
    }
  });
}

// FP32 streams: in pairs. bf16 streams: one after the other from 0, and what comes out is the
// nearest bf16 with halves away from zero, so that storing it rounds no more.
inline F32 MixStreams(const HcPreArgsOf<float>&, const F32* y) {
  return (y[0] + y[1]) + (y[2] + y[3]);
}
inline F32 MixStreams(const HcPreArgsOf<bf16>&, const F32* y) {
  const F32 sum = F32{} + y[0] + y[1] + y[2] + y[3];
  const F32 rounded = simd::FromBits((simd::Bits(sum) + 0x8000u) & 0xffff0000u);
  return sum == sum ? rounded : sum;
}

// Columns [begin, end) of one token.
template <typename Stream>
void MixToken(const HcPreArgsOf<Stream>& a, long t, Range columns) {
  const float* streams = Wide(a) + t * 4 * a.D;
  simd::ForLanes(
      columns.begin, columns.end, [&](long d, int n) __attribute__((always_inline)) {
        F32 y[4];
        for (long i = 0; i < 4; ++i) {
          y[i] = simd::Load(streams + i * a.D + d, n) * a.pre[i * a.T + t];
        }
        simd::Store(a.x_mixed + t * a.D + d, MixStreams(a, y), n);
      });
}

// Task `task` of tokens × D_SPMD columns, D_CHUNK columns of all its tokens at a time.
template <auto kTiles, typename Stream>
void MixTask(const HcPreArgsOf<Stream>& a, long task) {
  const long column_tasks = Blocks(a.D, kTiles.D_SPMD);
  const long t0 = task / column_tasks * kTiles.T_TILE;
  const long d0 = task % column_tasks * kTiles.D_SPMD;
  const long d1 = Clip(d0, kTiles.D_SPMD, a.D);
  for (long d = d0; d < d1; d += kTiles.D_CHUNK) {
    for (long t = t0; t < Clip(t0, kTiles.T_TILE, a.T); ++t) {
      MixToken(a, t, {d, Clip(d, kTiles.D_CHUNK, d1)});
    }
  }
}

// The sums over the inner dimension, in parts.
template <auto kTiles, int kRmsParts, typename Stream>
void Project(const HcPreArgsOf<Stream>& a) {
  const long width = long{4} * a.D;
  const long linear_tasks = Blocks(a.T, kLinearTokens) * kTiles.LINEAR_OK;
  spmd(linear_tasks + Blocks(a.T, kTiles.T_TILE) * kRmsParts, [&](long task) {
    if (task < linear_tasks) {
      const long t0 = task / kTiles.LINEAR_OK * kLinearTokens, part = task % kTiles.LINEAR_OK;
      Linear<kTiles.LINEAR_K_CHUNK>(a, {t0, Clip(t0, kLinearTokens, a.T)}, part,
                                    Part(width, kTiles.LINEAR_OK, part));
      return;
    }
    const long t0 = (task - linear_tasks) / kRmsParts * kTiles.T_TILE;
    const long part = (task - linear_tasks) % kRmsParts;
    for (long t = t0; t < Clip(t0, kTiles.T_TILE, a.T); ++t) {
      a.squares[t * kHcMaxSplits + part] =
          SumSquares<kTiles.RMS_K_CHUNK>(Wide(a) + t * width, Part(width, kRmsParts, part));
    }
  });
}

template <auto kTiles, int kRmsParts, typename Stream>
void Run(const HcPreArgsOf<Stream>& a) {
  static_assert(kTiles.T_TILE > 0 && kTiles.COMB_T_TILE > 0, "tiles are positive");
  static_assert(kTiles.RMS_K_CHUNK > 0 && kTiles.LINEAR_K_CHUNK > 0, "tiles are positive");
  static_assert(kTiles.D_SPMD > 0 && kTiles.D_CHUNK > 0, "tiles are positive");
  static_assert(kTiles.LINEAR_OK > 0 && kTiles.LINEAR_OK <= kHcMaxSplits, "scratch holds 64 parts");
  static_assert(kRmsParts > 0 && kRmsParts <= kHcMaxSplits, "scratch holds 64 parts");
  Project<kTiles, kRmsParts>(a);
  spmd(Blocks(a.T, kTiles.T_TILE), [&](long task) {
    const Range tokens{task * kTiles.T_TILE, Clip(task * kTiles.T_TILE, kTiles.T_TILE, a.T)};
    for (long t = tokens.begin; t < tokens.end; ++t) Reduce(a, t, kTiles.LINEAR_OK, kRmsParts);
    SplitPrePost(a, tokens);
  });
  const long combs = Blocks(a.T, kTiles.COMB_T_TILE);
  spmd(combs + Blocks(a.T, kTiles.T_TILE) * Blocks(a.D, kTiles.D_SPMD), [&](long task) {
    if (task < combs) {
      const long t0 = task * kTiles.COMB_T_TILE;
      CombTokens(a, {t0, Clip(t0, kTiles.COMB_T_TILE, a.T)});
    } else {
      MixTask<kTiles>(a, task - combs);
    }
  });
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace hc_pre

/// FP32 streams (V3). kTiles: T_TILE tokens per task of rms, split and mix; RMS_K_CHUNK and
/// LINEAR_K_CHUNK elements of the inner dimension per step, RMS_OK and LINEAR_OK parts of it, each
/// a task (at most 64); COMB_T_TILE tokens per Sinkhorn task; D_SPMD columns per mix task in steps
/// of D_CHUNK. The chunks and parts reorder FP32 sums (class R), the others change no bit. Scratch
/// may hold anything before.
template <auto kTiles>
void HcPre(const HcPreArgs& a) {
  hc_pre::Run<kTiles, kTiles.RMS_OK>(a);
}

/// bf16 streams (V2), cast to FP32 first: CAST_K_SPMD elements of a token per task. The inner
/// dimension of the rms is not parted; other tiles as HcPre.
template <auto kTiles>
void HcPreBf16(const HcPreBf16Args& a) {
  static_assert(kTiles.CAST_K_SPMD > 0, "tiles are positive");
  const long width = long{4} * a.D, blocks = Blocks(width, kTiles.CAST_K_SPMD);
  spmd(a.T * blocks, [&](long task) {
    const long begin = task % blocks * kTiles.CAST_K_SPMD, row = task / blocks * width;
    hc_pre::Cast(a.x + row, a.wide + row, {begin, Clip(begin, kTiles.CAST_K_SPMD, width)});
  });
  hc_pre::Run<kTiles, 1>(a);
}

}  // namespace kernels
