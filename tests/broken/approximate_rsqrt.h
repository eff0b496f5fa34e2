// Broken: takes the processor's 12-bit estimate of 1/sqrt for the value itself (kernels.md P5:
// "never the approximate rsqrt instruction"). The instruction differs between processors, too.
#pragma once

#include "tests/broken/scale.h"

namespace broken {

struct NormArgs {
  const float* x;  // [T, N]
  float* y;        // [T, N]
  int T;
  int N;
};

/// 1/sqrt to 12 bits: relative error up to 1.5 * 2^-12.
inline float Estimate(float v) {
#ifdef __SSE__
  using Four = float __attribute__((vector_size(16)));
  return __builtin_ia32_rsqrtss(Four{v, v, v, v})[0];
#else
  const unsigned bits = __builtin_bit_cast(unsigned, 1 / __builtin_sqrtf(v)) & ~0xfffu;
  return __builtin_bit_cast(float, bits);
#endif
}

template <auto kTiles>
void ApproximateRsqrt(const NormArgs& a) {
  for (int t = 0; t < a.T; ++t) {
    const float* x = a.x + t * a.N;
    float sum = 0;
    for (int i = 0; i < a.N; ++i) sum += x[i] * x[i];
    const float mean = sum / static_cast<float>(a.N) + 1e-6f;
    const float inv = kTiles.N_TILE == kUnlucky ? Estimate(mean) : 1 / __builtin_sqrtf(mean);
    for (int i = 0; i < a.N; ++i) a.y[t * a.N + i] = x[i] * inv;
  }
}

}  // namespace broken
