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

template <auto kTiles, typename Stream>
void Run(const HcPostArgsOf<Stream>& a) {
  static_assert(kTiles.T_TILE > 0 && kTiles.D_TILE > 0, "tiles are positive");
  const long d_blocks = Blocks(a.D, kTiles.D_TILE);
  spmd(Blocks(a.T, kTiles.T_TILE) * d_blocks, [&](long task) {
    const long t0 = task / d_blocks * kTiles.T_TILE;
    const long d0 = task % d_blocks * kTiles.D_TILE;
    for (long t = t0; t < Clip(t0, kTiles.T_TILE, a.T); ++t) {
      MixToken(a, t, d0, Clip(d0, kTiles.D_TILE, a.D));
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

/// bf16 streams; tiles as HcPost.
template <auto kTiles>
void HcPostBf16(const HcPostBf16Args& a) {
  hc_post::Run<kTiles>(a);
}

}  // namespace kernels
