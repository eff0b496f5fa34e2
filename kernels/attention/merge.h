// What follows the blocks of a token (kernels.md §7.2, steps 3 to 5): their merge, the sink, and
// the rotation of the last 64 elements back to where they were.
#pragma once

#include "kernels/attention/attention_args.h"
#include "kernels/simd/bf16_pairs.h"
#include "kernels/simd/exp.h"

namespace kernels::attention {
inline namespace KERNELS_SIMD_ISA {

using simd::F32;

inline float Exp(float x) { return simd::Exp(simd::Broadcast(x))[0]; }

/// A head's running softmax over its blocks: out is a split row of 512.
struct Running {
  float max = 0;
  float sum = 0;
  bool any = false;
};

/// The factors that bring what there is and what comes to their common largest score.
struct Rescale {
  float old_factor;
  float new_factor;
};

inline Rescale Advance(float max, float sum, Running* running) {
  if (!running->any) {
    *running = {max, sum, true};
    return {0, 1};
  }
  const float top = running->max < max ? max : running->max;
  const Rescale scale{Exp(running->max - top), Exp(max - top)};
  *running = {top, scale.old_factor * running->sum + scale.new_factor * sum, true};
  return scale;
}

/// The first 448 elements of out over the denominator as bf16, the last 64 as floats: [even 32][odd
/// 32]. The sink only enlarges the denominator; where that overflows, out is 0.
inline void Normalise(const float* out, const Running& running, float sink, bf16* o,
                      float* rope_in) {
  const float denominator = running.any ? running.sum + Exp(sink - running.max) : 1.0f;
  for (long d = 0; d < kHeadDim; d += simd::kPairLanes) {
    const F32 even = simd::Load(out + d, simd::kLanes) / denominator;
    const F32 odd = simd::Load(out + d + simd::kLanes, simd::kLanes) / denominator;
    if (d < kNopeDim) {
      simd::StorePair(o + d, {even, odd}, simd::kLanes);
    } else {
      const long pair = (d - kNopeDim) / 2;
      simd::Store(rope_in + pair, even, simd::kLanes);
      simd::Store(rope_in + kRopeDim / 2 + pair, odd, simd::kLanes);
    }
  }
}

/// Pairs [begin, end) of one head's tail, turned by minus the token's angles.
inline void RotateBack(const float* rope_in, const bf16* cos, const bf16* sin, long begin, long end,
                       bf16* o) {
  simd::ForLanes(
      begin, end, [&](long i, int n) __attribute__((always_inline)) {
        const F32 even = simd::Load(rope_in + i, n);
        const F32 odd = simd::Load(rope_in + kRopeDim / 2 + i, n);
        const F32 c = simd::Load(cos + i, n), s = simd::Load(sin + i, n);
        simd::StorePair(o + kNopeDim + 2 * i, {even * c + odd * s, odd * c - even * s}, n);
      });
}

/// Tokens [begin, end), kPairs pairs at a time.
template <int kPairs>
void RotateTokens(const AttentionArgs& a, long begin, long end) {
  static_assert(kPairs > 0, "tiles are positive");
  for (long row = begin * a.H; row < end * a.H; ++row) {
    const bf16 *cos = a.freqs_cos + row / a.H * kRopeDim, *sin = a.freqs_sin + row / a.H * kRopeDim;
    for (long pair = 0; pair < kRopeDim / 2; pair += kPairs) {
      RotateBack(a.rope_in + row * kRopeDim, cos, sin, pair, Clip(pair, kPairs, kRopeDim / 2),
                 a.o + row * kHeadDim);
    }
  }
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace kernels::attention
