// Not the kernel is broken but its test: the inputs are so small that every code rounds to zero,
// and a kernel that wrote nothing but zeros would agree as well. No tile helps; the sweep must say
// so.
#pragma once

namespace broken {

struct CodesArgs {
  const float* x;
  signed char* q;
  int N;
};

template <auto kTiles>
void MostlyZero(const CodesArgs& a) {
  for (int i = 0; i < a.N; i += kTiles.N_TILE) {
    const int end = a.N - i < kTiles.N_TILE ? a.N : i + kTiles.N_TILE;
    for (int j = i; j < end; ++j) a.q[j] = static_cast<signed char>(__builtin_rintf(a.x[j]));
  }
}

}  // namespace broken
