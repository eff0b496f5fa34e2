#include "kernels/simd/int8_dot.h"

#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "tests/kernels/guarded.h"

namespace kernels::simd {
namespace {

template <typename Dot>
class Int8Dot : public testing::Test {};

using Variants = testing::Types<PortableDot
#if defined(__AVX2__)
                                ,
                                Avx2Dot
#endif
#if defined(__AVX512VNNI__) && defined(__AVX512BW__) && defined(__AVX512VL__)
                                ,
                                VnniDot
#endif
                                >;
TYPED_TEST_SUITE(Int8Dot, Variants);

// Codes of eight tokens and weights of some rows, and what the sums must be, by definition.
struct Case {
  Case(long k_in, int rows_in)
      : k(k_in), rows(rows_in), codes(Bytes(kPanelTokens)), weights(Bytes(rows)) {}

  std::size_t Bytes(int count) const { return static_cast<std::size_t>(k * count); }
  std::int32_t Sum(int token, int row) {
    std::int64_t sum = 0;
    for (long i = 0; i < k; ++i) {
      sum += std::int64_t{codes[Bytes(token) + static_cast<std::size_t>(i)]} *
             weights[Bytes(row) + static_cast<std::size_t>(i)];
    }
    return static_cast<std::int32_t>(sum);
  }
  std::vector<unsigned char> Panel(int flip) {
    const long steps = Blocks(k, kPanelBytes);
    // What is not a code is poison: it must not reach a sum.
    std::vector<unsigned char> panel(static_cast<std::size_t>(steps * kPanelTokens * kPanelBytes),
                                     0x5a);
    for (int token = 0; token < kPanelTokens; ++token) {
      for (long i = 0; i < k; ++i) {
        const long at = (i / kPanelBytes * kPanelTokens + token) * kPanelBytes + i % kPanelBytes;
        const int code = codes[Bytes(token) + static_cast<std::size_t>(i)];
        panel[static_cast<std::size_t>(at)] = static_cast<unsigned char>(code ^ flip);
      }
    }
    return panel;
  }

  long k;
  int rows;
  Guarded<std::int8_t> codes, weights;
};

template <typename Dot>
void ExpectSums(Case& c) {
  const std::vector<unsigned char> panel = c.Panel(Dot::kFlip);
  const DotBlock block{.panel = panel.data(),
                       .weights = c.weights.data(),
                       .stride = c.k,
                       .rows = c.rows,
                       .k = c.k,
                       .next = c.weights.data(),
                       .next_step = kPanelBytes};
  int row_sums[kDotRows];
  int first[kPanelTokens][kDotRows], further[kPanelTokens][kDotRows];
  Dot::template Run<true>(block, first, row_sums);
  Dot::template Run<false>(block, further, row_sums);
  for (int token = 0; token < kPanelTokens; ++token) {
    for (int row = 0; row < c.rows; ++row) {
      ASSERT_EQ(first[token][row], c.Sum(token, row)) << "token " << token << " row " << row;
      ASSERT_EQ(further[token][row], first[token][row]);
    }
  }
}

TYPED_TEST(Int8Dot, RandomCodesOfEveryLengthAndRowCount) {
  std::mt19937_64 random(1);
  for (const long k : {1L, 15L, 16L, 17L, 63L, 64L, 65L, 128L, 200L, 517L}) {
    for (const int rows : {1, 2, 3, 7, 15, 16}) {
      Case c(k, rows);
      for (std::int8_t& code : c.codes.all()) code = static_cast<std::int8_t>(random());
      for (std::int8_t& weight : c.weights.all()) weight = static_cast<std::int8_t>(random());
      ExpectSums<TypeParam>(c);
    }
  }
}

// Where an int16 intermediate would saturate, and where the offset of 128 is largest.
TYPED_TEST(Int8Dot, Extremes) {
  for (const int code : {-128, -127, 127}) {
    for (const int weight : {-128, -127, 127}) {
      Case c(7168, 2);
      std::memset(c.codes.data(), code, c.codes.size());
      std::memset(c.weights.data(), weight, c.weights.size());
      ASSERT_EQ(c.Sum(0, 0), 7168 * code * weight);
      ExpectSums<TypeParam>(c);
    }
  }
}

}  // namespace
}  // namespace kernels::simd
