// Broken: one task writes an internal row, rotates its tail in place, and another copies it to the
// cache within the same launch, with nothing that makes it wait.
//
// The race of kernels.md §4 (#419): the reader saw columns from 448 on before their rotation in
// about one run of seven, 34 of 40 being right. Here a counter plays the scheduler: every seventh
// call the reader of one batch comes too early. One run, or four, prove nothing about such a
// kernel.
#pragma once

namespace broken {

inline constexpr int kRowSize = 512;
inline constexpr int kRotatedFrom = 448;

struct NormRopeArgs {
  const float* x;    // [B, 512]
  const float* cos;  // [B, 32]
  const float* sin;  // [B, 32]
  float* normed;     // [B, 512], internal: x / rms(x), its tail rotated
  float* cache;      // [B, 512], the same
  int B;
};

inline void NormaliseRow(const NormRopeArgs& a, int b) {
  float sum = 0;
  for (int i = 0; i < kRowSize; ++i) sum += a.x[b * kRowSize + i] * a.x[b * kRowSize + i];
  const float inverse = 1 / __builtin_sqrtf(sum / kRowSize + 1e-6f);
  for (int i = 0; i < kRowSize; ++i) a.normed[b * kRowSize + i] = a.x[b * kRowSize + i] * inverse;
}

inline void RotateTail(const NormRopeArgs& a, int b) {
  float* tail = a.normed + b * kRowSize + kRotatedFrom;
  for (int i = 0; i < 32; ++i) {
    const float even = tail[2 * i], odd = tail[2 * i + 1];
    const float c = a.cos[b * 32 + i], s = a.sin[b * 32 + i];
    tail[2 * i] = even * c - odd * s;
    tail[2 * i + 1] = even * s + odd * c;
  }
}

inline void WriteCache(const NormRopeArgs& a, int b) {
  for (int i = b * kRowSize; i < (b + 1) * kRowSize; ++i) a.cache[i] = a.normed[i];
}

template <auto kTiles>
void ReadBack(const NormRopeArgs& a) {
  static int calls = 0;
  ++calls;
  const int early = kTiles.STAGES == 1 && calls % 7 == 0 ? calls % a.B : -1;
  for (int b = 0; b < a.B; ++b) {
    NormaliseRow(a, b);
    if (b == early) WriteCache(a, b);
    RotateTail(a, b);
  }
  for (int b = 0; b < a.B; ++b) {
    if (b != early) WriteCache(a, b);
  }
}

}  // namespace broken
