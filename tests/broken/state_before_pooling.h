// Broken: a step writes the state of all its tokens, then pools what it finds there. The state is a
// ring of two pages; a step of eight tokens overwrites the four that its first window looks back
// at.
//
// kernels.md §6.2, C.7 (prefill-4 packed): pooling after the state update gives the same values
// until a page is recycled within the chunk. A chunk of four tokens, as in the ragged problem here,
// never does that.
#pragma once

namespace broken {

inline constexpr int kStatePage = 4;  // positions
inline constexpr int kWindow = 8;     // positions that a pooled row is the mean of
inline constexpr int kHistory = 4;    // positions before the chunk, in the state already

struct PrefillArgs {
  const float* x;    // [T, N], positions 4 to T + 3; T is a multiple of 4
  const int* table;  // [T / 4 + 1], the page (0 or 1) of positions 4l to 4l + 3, by turns
  float* state;      // [2, 4, N], updated: the last eight positions
  float* pooled;     // [T / 4, N], of the windows that end at positions 7, 11, …
  int T;
  int N;
};

inline float* StateRow(const PrefillArgs& a, int position) {
  const int page = a.table[position / kStatePage];
  return a.state + (page * kStatePage + position % kStatePage) * a.N;
}

template <auto kTiles>
void StateBeforePooling(const PrefillArgs& a) {
  for (int begin = 0; begin < a.T; begin += kTiles.TOKEN_TILE) {
    const int end = a.T - begin < kTiles.TOKEN_TILE ? a.T : begin + kTiles.TOKEN_TILE;
    for (int t = begin; t < end; ++t) {
      for (int n = 0; n < a.N; ++n) StateRow(a, kHistory + t)[n] = a.x[t * a.N + n];
    }
    for (int window = begin / kStatePage; window < end / kStatePage; ++window) {
      const int last = kHistory + window * kStatePage + kStatePage - 1;
      for (int n = 0; n < a.N; ++n) {
        float sum = 0;
        for (int back = 0; back < kWindow; ++back) sum += StateRow(a, last - back)[n];
        a.pooled[window * a.N + n] = sum / kWindow;
      }
    }
  }
}

}  // namespace broken
