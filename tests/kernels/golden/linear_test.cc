#include "kernels/golden/linear.h"

#include <cstdint>
#include <span>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/golden/rounding.h"

namespace kernels::golden {
namespace {

using testing::Each;
using testing::ElementsAre;

/// w [K, N] as [N, K].
template <typename T>
std::vector<T> Transpose(const std::vector<T>& w, std::size_t K) {
  const std::size_t N = w.size() / K;
  std::vector<T> turned(w.size());
  for (std::size_t k = 0; k < K; ++k) {
    for (std::size_t n = 0; n < N; ++n) turned[n * K + k] = w[k * N + n];
  }
  return turned;
}

/// The product by both layouts, which must agree.
template <typename X, typename W>
auto Product(const std::vector<X>& x, const std::vector<W>& w, std::size_t K) {
  const auto y = MatMul(std::span<const X>(x), std::span<const W>(w), K, Layout::kInputFirst);
  const std::vector<W> turned = Transpose(w, K);
  EXPECT_EQ(y, MatMul(std::span<const X>(x), std::span<const W>(turned), K, Layout::kOutputFirst));
  return y;
}

std::vector<bf16> Bf16(const std::vector<float>& values) {
  std::vector<bf16> narrow;
  for (const float value : values) narrow.push_back(Bf16Rne(value));
  return narrow;
}

const std::vector<float> kX = {1,  2,    3,  //
                               -1, 0.5f, 4};
const std::vector<float> kW = {1,     2,   //
                               3,     -4,  //
                               0.25f, 1};

TEST(MatMul, OfFloats) { EXPECT_THAT(Product(kX, kW, 3), ElementsAre(7.75f, -3, 1.5f, 0)); }

TEST(MatMul, OfBf16Weights) {
  EXPECT_THAT(Product(kX, Bf16(kW), 3), ElementsAre(7.75f, -3, 1.5f, 0));
}

TEST(MatMul, OfInt8Codes) {
  const std::vector<std::int8_t> x = {1, 2, 3, -128, 0, 4}, w = {1, 2, 3, -4, -128, 127};
  EXPECT_THAT(Product(x, w, 3), ElementsAre(-377, 375, -640, 252));
}

// 2^24 + 1 − 2^24: in FP32 the one is lost.
TEST(MatMul, SumsInFp64) {
  const std::vector<float> x = {0x1p24f, 1, -0x1p24f}, ones(3, 1.0f);
  EXPECT_THAT(Product(x, ones, 3), ElementsAre(1));
  EXPECT_THAT(Product(x, Bf16(ones), 3), ElementsAre(1));
}

// The product of two floats has 48 bits: 1 + 2^-11 + 2^-24 less 1 + 2^-11 is 2^-24.
TEST(MatMul, ProductsAreExact) {
  const float near = 1 + 0x1p-12f;
  const std::vector<float> x = {near, -1}, w = {near, 1 + 0x1p-11f};
  EXPECT_THAT(Product(x, w, 2), ElementsAre(0x1p-24f));
}

TEST(MatMul, RoundsToTheNearestOnce) {
  const std::vector<float> x = {1, 0x1p-25f, 0x1p-25f, 0x1p-26f}, ones(4, 1.0f);
  EXPECT_THAT(Product(x, ones, 4), ElementsAre(1 + 0x1p-23f));  // 1 + 1.25·2^-24
}

// 19 is no multiple of the eight sums that a dot product has; every k must count once.
TEST(MatMul, CountsEveryTermOfAnyLength) {
  for (const std::size_t K : {std::size_t{1}, std::size_t{7}, std::size_t{8}, std::size_t{19}}) {
    std::vector<float> x(K), w(K);
    double sum = 0;
    for (std::size_t k = 0; k < K; ++k) {
      x[k] = static_cast<float>(1 << k);  // a term that is missed or doubled shows
      w[k] = k % 2 == 0 ? 1.0f : 3.0f;
      sum += static_cast<double>(x[k]) * static_cast<double>(w[k]);
    }
    EXPECT_THAT(Product(x, w, K), ElementsAre(static_cast<float>(sum))) << K;
  }
}

TEST(MatMul, Int8SumsAreExactAtTheLargestK) {
  const std::size_t K = 133144;  // K · 127² < 2^31
  const std::vector<std::int8_t> x(K, 127), w(2 * K, -127);
  EXPECT_THAT(Product(x, w, K), Each(-static_cast<std::int32_t>(K) * 127 * 127));
}

TEST(Widen, IsExact) {
  const std::vector<bf16> values = {{0x3f80}, {0xc040}, {0x0001}, {0x7f7f}};
  EXPECT_THAT(Widen(values), ElementsAre(1.0f, -3.0f, 0x1p-133f, 0x1.fep127f));
}

}  // namespace
}  // namespace kernels::golden
