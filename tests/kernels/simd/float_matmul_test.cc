#include "kernels/simd/float_matmul.h"

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/golden/linear.h"
#include "kernels/golden/rounding.h"
#include "tests/kernels/guarded.h"

namespace kernels::simd {
namespace {

struct Sizes {
  long T, N, K;
};

template <typename Value>
Value Make(float value) {
  if constexpr (std::is_same_v<Value, float>) return value;
  else return golden::Bf16Rne(value);
}

/// Guarded operands of one product; small whole numbers, whose sums are exact in any order.
template <typename X, typename W>
struct Operands {
  explicit Operands(Sizes s)
      : size(s), x(Count(s.T * s.K)), w(Count(s.N * s.K)), y(Count(s.T * s.N)) {
    std::mt19937_64 random(7);
    for (X& v : x) v = Make<X>(static_cast<float>(random() % 9) - 4);
    for (W& v : w) v = Make<W>(static_cast<float>(random() % 7) - 3);
  }
  static std::size_t Count(long n) { return static_cast<std::size_t>(n); }

  std::vector<float> Expected(golden::Layout layout) {
    std::vector<float> wide;
    for (const X& v : x) {
      if constexpr (std::is_same_v<X, float>) wide.push_back(v);
      else wide.push_back(golden::ToFloat(v));
    }
    return golden::MatMul(wide, std::span<const W>(w.data(), w.size()), Count(size.K), layout);
  }

  Sizes size;
  Guarded<X> x;
  Guarded<W> w;
  Guarded<float> y;
};

template <typename X, typename W>
void Check(Sizes s) {
  Operands<X, W> o(s);
  const FloatMatMul<X, W> rows{o.x.data(), s.K, o.w.data(), s.K, o.y.data(), s.N};
  MultiplyOutputFirst(rows, {0, s.T}, {0, s.N}, {0, s.K}, false);
  EXPECT_EQ(std::vector<float>(o.y.begin(), o.y.end()), o.Expected(golden::Layout::kOutputFirst))
      << s.T << "x" << s.N << "x" << s.K;
  o.y.Poison();
  const FloatMatMul<X, W> columns{o.x.data(), s.K, o.w.data(), s.N, o.y.data(), s.N};
  MultiplyInputFirst(columns, {0, s.T}, {0, s.N}, {0, s.K}, false);
  EXPECT_EQ(std::vector<float>(o.y.begin(), o.y.end()), o.Expected(golden::Layout::kInputFirst))
      << s.T << "x" << s.N << "x" << s.K;
}

const Sizes kRagged[] = {{1, 1, 1}, {3, 5, 17}, {8, 33, 64}, {13, 40, 131}, {9, 16, 200}};

TEST(FloatMatMul, IsExactWhereSumsAre) {
  for (const Sizes& s : kRagged) {
    Check<float, bf16>(s);
    Check<bf16, bf16>(s);
    Check<float, float>(s);
  }
}

template <typename Multiply>
std::vector<float> InBlocks(Operands<float, float>& o, const FloatMatMul<float, float>& m, long bt,
                            long bn, long bk, const Multiply& multiply) {
  const Sizes& s = o.size;
  o.y.Poison();
  for (long k = 0; k < s.K; k += bk) {
    for (long t = 0; t < s.T; t += bt) {
      for (long n = 0; n < s.N; n += bn) {
        multiply(m, Range{t, Clip(t, bt, s.T)}, Range{n, Clip(n, bn, s.N)},
                 Range{k, Clip(k, bk, s.K)}, k > 0);
      }
    }
  }
  return {o.y.begin(), o.y.end()};
}

TEST(FloatMatMul, BlocksOfTokensAndColumnsKeepTheBits) {
  const Sizes s{13, 45, 150};
  Operands<float, float> o(s);
  std::mt19937_64 random(3);
  for (float& v : o.x) v = SmallValue(random);
  for (float& v : o.w) v = SmallValue(random);
  const auto rows = [](const auto&... a) { MultiplyOutputFirst(a...); };
  const auto columns = [](const auto&... a) { MultiplyInputFirst(a...); };
  const FloatMatMul<float, float> by_rows{o.x.data(), s.K, o.w.data(), s.K, o.y.data(), s.N};
  const FloatMatMul<float, float> by_columns{o.x.data(), s.K, o.w.data(), s.N, o.y.data(), s.N};
  const std::vector<float> whole_rows = InBlocks(o, by_rows, s.T, s.N, s.K, rows);
  const std::vector<float> whole_columns = InBlocks(o, by_columns, s.T, s.N, s.K, columns);
  EXPECT_EQ(InBlocks(o, by_rows, 1, 3, s.K, rows), whole_rows);
  EXPECT_EQ(InBlocks(o, by_rows, 5, 16, s.K, rows), whole_rows);
  EXPECT_EQ(InBlocks(o, by_columns, 1, 7, s.K, columns), whole_columns);
  EXPECT_EQ(InBlocks(o, by_columns, 8, 32, 37, columns), whole_columns);  // one chain over k
  EXPECT_NE(InBlocks(o, by_rows, s.T, s.N, 32, rows), whole_rows);  // another order of the sum
}

TEST(FloatMatMul, NearTheDoubleSum) {
  const Sizes s{5, 19, 1000};
  Operands<float, float> o(s);
  std::mt19937_64 random(5);
  for (float& v : o.x) v = SmallValue(random);
  for (float& v : o.w) v = SmallValue(random);
  const FloatMatMul<float, float> m{o.x.data(), s.K, o.w.data(), s.K, o.y.data(), s.N};
  MultiplyOutputFirst(m, {0, s.T}, {0, s.N}, {0, s.K}, false);
  const std::vector<float> expected = o.Expected(golden::Layout::kOutputFirst);
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(o.y[i], expected[i], 2e-5);
}

}  // namespace
}  // namespace kernels::simd
