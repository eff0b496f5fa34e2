#pragma once

struct ScaleArgs { const float* x; float* y; int N; };

template <auto kTiles> void Scale(const ScaleArgs& args) {
  for (int begin = 0; begin < args.N; begin += kTiles.N_TILE) {
    const int end = args.N - begin < kTiles.N_TILE ? args.N : begin + kTiles.N_TILE;
    for (int i = begin; i < end; ++i) args.y[i] = 2 * args.x[i];
  }
}
