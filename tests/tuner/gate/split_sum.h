// Sums whose tile SPLIT passes for exact and is not: for tests of tuner/gate/exact_tiles.h.
#pragma once

namespace tilesmith::testing_gate {

struct SplitSumArgs {
  const float* x;  // [4, N]
  float* sum;      // [4]
  int N;
};

/// Each row's sum. SPLIT = 2 adds the last row's two halves apart: close, but of other bits.
template <auto kTiles>
void SplitSum(const SplitSumArgs& a) {
  for (int begin = 0; begin < 4; begin += kTiles.ROWS) {
    for (int row = begin; row < 4 && row < begin + kTiles.ROWS; ++row) {
      const int half = kTiles.SPLIT == 2 && row == 3 ? a.N / 2 : a.N;
      float first = 0, second = 0;
      for (int i = 0; i < half; ++i) first += a.x[row * a.N + i];
      for (int i = half; i < a.N; ++i) second += a.x[row * a.N + i];
      a.sum[row] = first + second;
    }
  }
}

}  // namespace tilesmith::testing_gate
