// What two exhibits get wrong: the indices of a row's K largest scores, in descending order, ties
// by the lower index (kernels.md P10).
#pragma once

namespace broken {

struct TopkArgs {
  const float* score;  // [T, N]
  int* indices;        // [T, K]; -1 from place N on
  int T;
  int N;
  int K;
};

/// What pads a row up to its sorted length; below every score.
inline constexpr float kNegInf = -3.4028234663852886e38f;

/// A padded row, sorted place by place: place p of `index` becomes the p-th largest.
template <int kLength>
struct SortRow {
  float value[kLength];
  int index[kLength];

  /// Scores beyond the padded length are cut.
  void Load(const float* score, int count) {
    for (int i = 0; i < kLength; ++i) {
      value[i] = i < count ? score[i] : kNegInf;
      index[i] = i;
    }
  }
  /// Moves the largest of places p … to p, keeping the others' order.
  void Settle(int p) {
    int best = p;
    for (int i = p + 1; i < kLength; ++i) best = value[i] > value[best] ? i : best;
    const float top = value[best];
    const int from = index[best];
    for (int i = best; i > p; --i) {
      value[i] = value[i - 1];
      index[i] = index[i - 1];
    }
    value[p] = top;
    index[p] = from;
  }
};

}  // namespace broken
