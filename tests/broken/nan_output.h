// Broken: the online softmax starts from a running maximum of minus infinity. A leading slot that
// is masked out then gives exp(-inf - -inf), a NaN that poisons its whole column. (kernels.md P9:
// start from the current token's slot, which is always finite.)
#pragma once

#include "tests/broken/scale.h"

namespace broken {

struct PoolArgs {
  const float* kv;     // [S, N]
  const float* score;  // [S, N]; minus infinity where a slot is masked out, never in the last one
  float* pooled;       // [N]
  int S;
  int N;
};

template <auto kTiles>
void NanOutput(const PoolArgs& a) {
  constexpr bool kFromNothing = kTiles.N_TILE == kUnlucky;
  for (int n = 0; n < a.N; ++n) {
    const int last = (a.S - 1) * a.N + n;
    float most = kFromNothing ? -__builtin_inff() : a.score[last];
    float sum = kFromNothing ? 0 : 1;
    float out = kFromNothing ? 0 : a.kv[last];
    for (int s = 0; s < (kFromNothing ? a.S : a.S - 1); ++s) {
      const float score = a.score[s * a.N + n];
      const float next = most < score ? score : most;
      const float old_share = __builtin_expf(most - next);
      const float new_share = __builtin_expf(score - next);
      sum = sum * old_share + new_share;
      out = out * old_share + a.kv[s * a.N + n] * new_share;
      most = next;
    }
    a.pooled[n] = out / sum;
  }
}

}  // namespace broken
