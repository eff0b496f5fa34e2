// hc_post: mixes a block's output back into the four residual streams (kernels.md §11.2).
//
//   y[t,o,d] = ((((x[t,d]·post[t,o]) + r0·comb[t,0,o]) + r1·comb[t,1,o]) + r2·…) + r3·comb[t,3,o]
//
// where ri = residual[t,i,d], in FP32 and in that order. One template, two kernels: streams in FP32
// (contract V3) and in bf16 (V2, y rounded to nearest even at the end).
//
// The original has a task per output stream; here a task makes all four, so that x and residual are
// read once instead of four times. Same bits: the outputs are independent. So are tokens and
// columns, hence both tiles are exact, and the last block of each is clipped.
#pragma once

#include "kernels/simd/vec.h"
#include "kernels/spmd.h"

namespace kernels {

inline constexpr int kHcStreams = 4;

template <typename Stream>
struct HcPostArgsOf {
  const bf16* x;           // [T, D]
  const Stream* residual;  // [T, 4, D]
  const float* post;       // [T, 4]
  const float* comb;       // [T, 16]: weight of stream i in output o at 4·i + o
  Stream* y;               // [T, 4, D] out
  int T;
  int D;
  int num_tokens = -1;  // tokens from here on get 0; negative: all are active
};

using HcPostArgs = HcPostArgsOf<float>;
using HcPostBf16Args = HcPostArgsOf<bf16>;

namespace hc_post {
inline namespace KERNELS_SIMD_ISA {

// Columns [begin, end) of one token, all four outputs.
template <typename Stream>
void MixToken(const HcPostArgsOf<Stream>& a, long t, long begin, long end) {
  using simd::F32;
  const bf16* x = a.x + t * a.D;
  const float* post = a.post + t * kHcStreams;
  const float* comb = a.comb + t * kHcStreams * kHcStreams;
  const long streams = t * kHcStreams * a.D;
  simd::ForLanes(
      begin, end, [&](long d, int n) __attribute__((always_inline)) {
        const F32 in = simd::Load(x + d, n);
        F32 stream[kHcStreams];
        for (int i = 0; i < kHcStreams; ++i) {
          stream[i] = simd::Load(a.residual + streams + i * a.D + d, n);
        }
        for (int o = 0; o < kHcStreams; ++o) {
          F32 sum = in * post[o];
          for (int i = 0; i < kHcStreams; ++i) sum = sum + stream[i] * comb[kHcStreams * i + o];
          simd::Store(a.y + streams + o * a.D + d, sum, n);
        }
      });
}

template <typename Stream>
void ZeroToken(const HcPostArgsOf<Stream>& a, long t, long begin, long end) {
  for (int o = 0; o < kHcStreams; ++o) {
    Stream* y = a.y + (t * kHcStreams + o) * a.D;
    simd::ForLanes(
        begin, end, [&](long d, int n) __attribute__((always_inline)) {
          simd::Store(y + d, simd::F32{}, n);
        });
  }
}

template <typename Stream>
long Active(const HcPostArgsOf<Stream>& a) {
  return a.num_tokens < 0 || a.num_tokens > a.T ? a.T : a.num_tokens;
}

struct Block {
  long t0, t1, d0, d1;
};

// Block `task` of kTokens × kColumns of tokens [begin, end) × [0, D).
template <int kTokens, int kColumns>
Block BlockAt(long task, long begin, long end, long D) {
  const long columns = Blocks(D, kColumns);
  const long t = begin + task / columns * kTokens, d = task % columns * kColumns;
  return {t, Clip(t, kTokens, end), d, Clip(d, kColumns, D)};
}

template <auto kTiles, typename Stream>
void Run(const HcPostArgsOf<Stream>& a) {
  static_assert(kTiles.T_TILE > 0 && kTiles.D_TILE > 0, "tiles are positive");
  const long active = Active(a);
  spmd(Blocks(a.T, kTiles.T_TILE) * Blocks(a.D, kTiles.D_TILE), [&](long task) {
    const Block b = BlockAt<kTiles.T_TILE, kTiles.D_TILE>(task, 0, a.T, a.D);
    for (long t = b.t0; t < b.t1; ++t) {
      if (t < active) MixToken(a, t, b.d0, b.d1);
      else ZeroToken(a, t, b.d0, b.d1);
    }
  });
}

// The mix of the active tokens beside the fill of the others, each in its own tiles.
template <auto kTiles>
void RunPrefill(const HcPostArgs& a) {
  static_assert(kTiles.T_TILE > 0 && kTiles.D_TILE > 0, "tiles are positive");
  static_assert(kTiles.INACTIVE_FILL_T_TILE > 0 && kTiles.INACTIVE_FILL_D_TILE > 0,
                "tiles are positive");
  const long active = Active(a);
  const long mixes = Blocks(active, kTiles.T_TILE) * Blocks(a.D, kTiles.D_TILE);
  const long fills =
      Blocks(a.T - active, kTiles.INACTIVE_FILL_T_TILE) * Blocks(a.D, kTiles.INACTIVE_FILL_D_TILE);
  spmd(mixes + fills, [&](long task) {
    if (task < mixes) {
      const Block b = BlockAt<kTiles.T_TILE, kTiles.D_TILE>(task, 0, active, a.D);
      for (long t = b.t0; t < b.t1; ++t) MixToken(a, t, b.d0, b.d1);
    } else {
      const Block b = BlockAt<kTiles.INACTIVE_FILL_T_TILE, kTiles.INACTIVE_FILL_D_TILE>(
          task - mixes, active, a.T, a.D);
      for (long t = b.t0; t < b.t1; ++t) ZeroToken(a, t, b.d0, b.d1);
    }
  });
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace hc_post

/// FP32 streams. kTiles: T_TILE tokens and D_TILE columns per task.
template <auto kTiles>
void HcPost(const HcPostArgs& a) {
  hc_post::Run<kTiles>(a);
}

/// FP32 streams, inactive tokens apart: INACTIVE_FILL_T_TILE of them and INACTIVE_FILL_D_TILE columns
/// per task of zeros; other tiles, and bits, as HcPost.
template <auto kTiles>
void HcPostPrefill(const HcPostArgs& a) {
  hc_post::RunPrefill<kTiles>(a);
}

/// bf16 streams; tiles as HcPost.
template <auto kTiles>
void HcPostBf16(const HcPostBf16Args& a) {
  hc_post::Run<kTiles>(a);
}

}  // namespace kernels
