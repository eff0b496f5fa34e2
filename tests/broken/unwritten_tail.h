// Broken: the number of blocks is D / (W2_ACT_INNER * 512), rounded down, so the columns after the
// last whole block are never written.
//
// The headline bug of expert_shared (kernels.md §10.1; mended in the original's commit 4c346f05): 8
// * 512 divides D = 4096 of flash, and at D = 7168 of pro it left columns 4096 to 7167 as they
// were, with every test green, because every test ran at 4096. Its ragged problem here is as blind
// as those tests were. The gate must name column 4096, the first, whatever the others hold, and the
// range of all.
#pragma once

namespace broken {

struct DequantArgs {
  const int* acc;      // [T, D]
  const float* scale;  // [D]
  float* y;            // [T, D]
  int T;
  int D;
};

template <auto kTiles>
void UnwrittenTail(const DequantArgs& a) {
  constexpr int kBlock = kTiles.W2_ACT_INNER * 512;
  for (int t = 0; t < a.T; ++t) {
    for (int block = 0; block < a.D / kBlock; ++block) {
      for (int d = block * kBlock; d < (block + 1) * kBlock; ++d) {
        a.y[t * a.D + d] = static_cast<float>(a.acc[t * a.D + d]) * a.scale[d];
      }
    }
  }
}

}  // namespace broken
