// What most exhibits break: y = 2 x, block by block. Each adds one defect to it, which shows at one
// tile size only, so that a sweep has something healthy to go on with.
#pragma once

namespace broken {

struct ScaleArgs {
  const float* x;
  float* y;
  int N;
};

/// The tile size at which an exhibit without a natural one breaks.
inline constexpr int kUnlucky = 13;

/// The kernel as it should be: the last block is clipped.
template <int kBlock>
void ScaleRight(const ScaleArgs& a) {
  for (int begin = 0; begin < a.N; begin += kBlock) {
    const int end = a.N - begin < kBlock ? a.N : begin + kBlock;
    for (int i = begin; i < end; ++i) a.y[i] = 2 * a.x[i];
  }
}

}  // namespace broken
