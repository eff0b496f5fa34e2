#include "kernels/golden/linear.h"

#include <algorithm>
#include <type_traits>

#include "kernels/golden/rounding.h"

namespace kernels::golden {
namespace {

double Widen64(float value) { return value; }
double Widen64(bf16 value) { return ToFloat(value); }
std::int32_t Widen64(std::int8_t value) { return value; }

// Row by row, each output element its own sum over ascending k. Sums of one row advance together,
// so that the compiler may vectorise without changing any sum's order.
template <typename Sum, typename X, typename W>
void InputFirst(const X* x, const W* w, std::size_t K, std::vector<Sum>& sums) {
  std::fill(sums.begin(), sums.end(), Sum{});
  for (std::size_t k = 0; k < K; ++k) {
    const auto value = static_cast<Sum>(Widen64(x[k]));
    const W* row = w + k * sums.size();
    for (std::size_t n = 0; n < sums.size(); ++n)
      sums[n] += value * static_cast<Sum>(Widen64(row[n]));
  }
}

// A dot product in eight interleaved sums.
template <typename Sum, typename X, typename W>
Sum Dot(const X* x, const W* w, std::size_t K) {
  Sum sums[8] = {};
  std::size_t k = 0;
  for (; k + 8 <= K; k += 8) {
    for (std::size_t i = 0; i < 8; ++i) {
      sums[i] += static_cast<Sum>(Widen64(x[k + i])) * static_cast<Sum>(Widen64(w[k + i]));
    }
  }
  for (; k < K; ++k) sums[0] += static_cast<Sum>(Widen64(x[k])) * static_cast<Sum>(Widen64(w[k]));
  Sum total{};
  for (const Sum sum : sums) total += sum;
  return total;
}

template <typename Out, typename Sum, typename X, typename W>
std::vector<Out> Multiply(std::span<const X> x, std::span<const W> w, std::size_t K,
                          Layout layout) {
  const std::size_t N = w.size() / K, M = x.size() / K;
  std::vector<Out> y(M * N);
  std::vector<Sum> sums(N);
  for (std::size_t m = 0; m < M; ++m) {
    const X* row = x.data() + m * K;
    if (layout == Layout::kInputFirst) {
      InputFirst(row, w.data(), K, sums);
    } else {
      for (std::size_t n = 0; n < N; ++n) sums[n] = Dot<Sum>(row, w.data() + n * K, K);
    }
    for (std::size_t n = 0; n < N; ++n) y[m * N + n] = static_cast<Out>(sums[n]);
  }
  return y;
}

}  // namespace

std::vector<float> Widen(std::span<const bf16> values) {
  std::vector<float> wide(values.size());
  std::transform(values.begin(), values.end(), wide.begin(), ToFloat);
  return wide;
}

std::vector<float> MatMul(std::span<const float> x, std::span<const bf16> w, std::size_t K,
                          Layout layout) {
  return Multiply<float, double>(x, w, K, layout);
}

std::vector<float> MatMul(std::span<const float> x, std::span<const float> w, std::size_t K,
                          Layout layout) {
  return Multiply<float, double>(x, w, K, layout);
}

std::vector<std::int32_t> MatMul(std::span<const std::int8_t> x, std::span<const std::int8_t> w,
                                 std::size_t K, Layout layout) {
  return Multiply<std::int32_t, std::int32_t>(x, w, K, layout);
}

}  // namespace kernels::golden
