// Broken: a tile of batches writes its cache rows when any of them compresses; those of the others
// hold zeros, and the slots held something.
//
// kernels.md §4 (#427): rows were written for all batches. A cache of zeros, as in the original
// test, hides it; so does a single batch, as in the ragged problem here.
#pragma once

namespace broken {

struct CompressArgs {
  const float* x;   // [B, 4, N]
  const int* pos;   // [B]; a batch compresses when pos % 4 = 3
  const int* slot;  // [B], distinct
  float* kv;        // [B, N], the mean of the four rows where the batch compresses, else 0
  float* cache;     // [2 * B, N], row slot[b] = kv[b] where batch b compresses
  int B;
  int N;
};

inline bool Compresses(const CompressArgs& a, int b) { return a.pos[b] % 4 == 3; }

inline void PoolBatch(const CompressArgs& a, int b) {
  for (int n = 0; n < a.N; ++n) {
    float sum = 0;
    for (int i = 0; i < 4; ++i) sum += a.x[(b * 4 + i) * a.N + n];
    a.kv[b * a.N + n] = Compresses(a, b) ? sum / 4 : 0;
  }
}

template <auto kTiles>
void ZeroRows(const CompressArgs& a) {
  for (int begin = 0; begin < a.B; begin += kTiles.RMS_TILE) {
    const int end = a.B - begin < kTiles.RMS_TILE ? a.B : begin + kTiles.RMS_TILE;
    bool any = false;
    for (int b = begin; b < end; ++b) {
      PoolBatch(a, b);
      any = any || Compresses(a, b);
    }
    for (int b = begin; any && b < end; ++b) {
      for (int n = 0; n < a.N; ++n) a.cache[a.slot[b] * a.N + n] = a.kv[b * a.N + n];
    }
  }
}

}  // namespace broken
