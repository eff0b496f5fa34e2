#include "kernels/simd/bf16_dots.h"

#include <cmath>
#include <cstddef>
#include <cstring>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/golden/rounding.h"
#include "tests/kernels/guarded.h"

namespace kernels::simd {
namespace {

std::vector<bf16> RandomRow(std::size_t n, std::mt19937_64& random) {
  std::vector<bf16> row(n);
  for (bf16& value : row) value = golden::Bf16Rne(SmallValue(random));
  return row;
}

double Dot(const std::vector<bf16>& a, const std::vector<bf16>& b, std::size_t begin,
           std::size_t end) {
  double sum = 0;
  for (std::size_t i = begin; i < end; ++i) {
    sum += static_cast<double>(golden::ToFloat(a[i])) * static_cast<double>(golden::ToFloat(b[i]));
  }
  return sum;
}

struct Rows {
  explicit Rows(std::size_t n) {
    std::mt19937_64 random(5);
    for (int i = 0; i < kDotTokens; ++i) x.push_back(RandomRow(n, random));
    for (int i = 0; i < kDotColumns; ++i) w.push_back(RandomRow(n, random));
  }
  F32 Run(long begin, long end) {
    const bf16 *tokens[kDotTokens], *columns[kDotColumns];
    for (std::size_t i = 0; i < x.size(); ++i) tokens[i] = x[i].data();
    for (std::size_t i = 0; i < w.size(); ++i) columns[i] = w[i].data();
    return Dots(tokens, columns, begin, end);
  }
  std::vector<std::vector<bf16>> x, w;
};

TEST(Bf16Dots, EveryLaneIsItsOwnDotProduct) {
  Rows rows(512);
  for (const long end : {32L, 64L, 512L}) {
    const F32 dots = rows.Run(0, end);
    for (std::size_t i = 0; i < kLanes; ++i) {
      const double expected =
          Dot(rows.x[i / kDotColumns], rows.w[i % kDotColumns], 0, static_cast<std::size_t>(end));
      EXPECT_NEAR(dots[i], expected, 1e-5) << i << " of " << end;
    }
  }
}

TEST(Bf16Dots, BeginsWhereTold) {
  Rows rows(128);
  const F32 dots = rows.Run(64, 128);
  EXPECT_NEAR(dots[kLanes - 1], Dot(rows.x.back(), rows.w.back(), 64, 128), 1e-5);
}

// The same rows everywhere give the same bits in every lane: a clipped tile repeats its last row.
TEST(Bf16Dots, BitsDoNotDependOnTheLane) {
  Rows rows(512);
  for (auto& row : rows.x) row = rows.x[0];
  for (auto& row : rows.w) row = rows.w[0];
  const F32 dots = rows.Run(0, 512);
  for (int i = 1; i < kLanes; ++i) EXPECT_EQ(dots[i], dots[0]);
}

TEST(Bf16Pairs, SplitAndJoin) {
  std::mt19937_64 random(1);
  const std::vector<bf16> row = RandomRow(kPairLanes, random);
  const Pair pair = LoadPair(row.data());
  for (std::size_t i = 0; i < kLanes; ++i) {
    EXPECT_EQ(pair.even[i], golden::ToFloat(row[2 * i]));
    EXPECT_EQ(pair.odd[i], golden::ToFloat(row[2 * i + 1]));
  }
  Guarded<bf16> joined(kPairLanes);
  StorePair(joined.data(), pair, kLanes);
  EXPECT_EQ(std::memcmp(joined.data(), row.data(), sizeof(bf16) * row.size()), 0);
}

// 1.00390625 lies between 1 and 1.0078125: to the even one.
TEST(Bf16Pairs, StoresTheFirstPairsRounded) {
  Guarded<bf16> out(2);
  StorePair(out.data(), {F32{} + 1.00390625f, F32{} - 2.0f}, 1);
  EXPECT_EQ(golden::ToFloat(out[0]), 1.0f);
  EXPECT_EQ(golden::ToFloat(out[1]), -2.0f);
}

TEST(Bf16Pairs, BroadcastKeepsMinusZero) {
  EXPECT_TRUE(std::signbit(Broadcast(-0.0f)[0]));
  EXPECT_EQ(Broadcast(2.5f)[kLanes - 1], 2.5f);
}

}  // namespace
}  // namespace kernels::simd
