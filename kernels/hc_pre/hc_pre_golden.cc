#include "kernels/hc_pre/hc_pre_golden.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "kernels/golden/linear.h"
#include "kernels/golden/rounding.h"

namespace kernels {
namespace {

using Matrix = std::array<std::array<float, 4>, 4>;  // [i][o]
constexpr float kEps = 1e-6f;

// exp of each row against its maximum, divided by the row's sum, plus eps.
void SoftmaxRows(Matrix& c) {
  for (auto& row : c) {
    const float largest = *std::max_element(row.begin(), row.end());
    float sum = 0;
    for (float& v : row) {
      v = std::exp(v - largest);
      sum += v;
    }
    for (float& v : row) v = v / sum + kEps;
  }
}

void NormaliseRows(Matrix& c) {
  for (auto& row : c) {
    float sum = 0;
    for (const float v : row) sum += v;
    for (float& v : row) v /= sum + kEps;
  }
}

void NormaliseColumns(Matrix& c) {
  for (std::size_t o = 0; o < 4; ++o) {
    float sum = 0;
    for (std::size_t i = 0; i < 4; ++i) sum += c[i][o];
    for (std::size_t i = 0; i < 4; ++i) c[i][o] /= sum + kEps;
  }
}

// kernels.md C.5: one row softmax, one column step, then nineteen pairs.
void Sinkhorn(Matrix& c) {
  SoftmaxRows(c);
  NormaliseColumns(c);
  for (int round = 0; round < 19; ++round) {
    NormaliseRows(c);
    NormaliseColumns(c);
  }
}

std::vector<float> ToFloats(const float* x, std::size_t n) { return {x, x + n}; }
std::vector<float> ToFloats(const bf16* x, std::size_t n) { return golden::Widen({x, n}); }

// V3: in pairs, to nearest even.
bf16 Mix(const HcPreArgs&, const std::array<float, 4>& y) {
  return golden::Bf16Rne((y[0] + y[1]) + (y[2] + y[3]));
}
// V2: one after the other, halves away from zero.
bf16 Mix(const HcPreBf16Args&, const std::array<float, 4>& y) {
  float sum = 0;
  for (const float part : y) sum += part;
  return golden::Bf16HalfAway(sum);
}

template <typename Args>
struct Token {
  const Args& a;
  std::size_t t;
  std::vector<float> x;      // [4·D]
  std::vector<float> mixes;  // [24]

  // Product and sum round to FP32.
  float Affine(std::size_t m, std::size_t group) const {
    const float scaled = mixes[m] * a.hc_scale[group];
    return scaled + a.hc_base[m];
  }

  void MakePost() const {
    for (std::size_t i = 0; i < 4; ++i) {
      a.post[t * 4 + i] = 2.0f * golden::Sigmoid(Affine(4 + i, 1));
    }
  }
  void MakeComb() const {
    Matrix c;
    for (std::size_t e = 0; e < 16; ++e) c[e / 4][e % 4] = Affine(8 + e, 2);
    Sinkhorn(c);
    for (std::size_t e = 0; e < 16; ++e) a.comb[t * 16 + e] = c[e / 4][e % 4];
  }
  void MakeMixed() const {
    const auto D = static_cast<std::size_t>(a.D);
    std::array<float, 4> pre, y;
    for (std::size_t i = 0; i < 4; ++i) pre[i] = golden::Sigmoid(Affine(i, 0)) + kEps;
    for (std::size_t d = 0; d < D; ++d) {
      for (std::size_t i = 0; i < 4; ++i) y[i] = pre[i] * x[i * D + d];
      a.x_mixed[t * D + d] = Mix(a, y);
    }
  }
};

template <typename Args>
void Run(const Args& a) {
  const std::size_t width = 4 * static_cast<std::size_t>(a.D);
  for (std::size_t t = 0; t < static_cast<std::size_t>(a.T); ++t) {
    Token<Args> token{a, t, ToFloats(a.x + t * width, width), {}};
    token.mixes =
        golden::MatMul(std::span<const float>(token.x), std::span(a.hc_fn, 24 * width), width,
                       golden::Layout::kOutputFirst);  // FP64 sums, rounded once
    const float inverse = golden::InverseRms(token.x);
    for (float& mix : token.mixes) mix *= inverse;
    token.MakePost();
    token.MakeComb();
    token.MakeMixed();
  }
}

}  // namespace

void HcPreGolden(const HcPreArgs& args) { Run(args); }
void HcPreBf16Golden(const HcPreBf16Args& args) { Run(args); }

}  // namespace kernels
