#include "kernels/simd/int8_columns.h"

#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "tests/kernels/guarded.h"

namespace kernels::simd {
namespace {

template <typename Columns>
class Int8Columns : public testing::Test {};

using Variants = testing::Types<PortableColumns
#if defined(__AVX2__)
                                ,
                                Avx2Columns
#endif
#if defined(__AVX512VNNI__) && defined(__AVX512BW__) && defined(__AVX512VL__)
                                ,
                                VnniColumns
#endif
                                >;
TYPED_TEST_SUITE(Int8Columns, Variants);

// Weights lie in rows of `columns` and both operands end where memory ends, so that nothing beyond
// may be read.
template <typename Columns, bool kAhead>
void ExpectProduct(long k, int columns, bool extreme) {
  std::mt19937_64 random(5);
  const auto size = [](long a, long b) { return static_cast<std::size_t>(a * b); };
  const auto code = [&] {
    return extreme ? static_cast<std::int8_t>(-128) : static_cast<std::int8_t>(random());
  };
  Guarded<std::int8_t> weights(size(k, columns)), codes(size(k, kPanelTokens));
  for (std::int8_t& weight : weights.all()) weight = code();
  for (std::int8_t& value : codes.all()) value = code();
  TokenRows tokens;
  for (int t = 0; t < kPanelTokens; ++t) tokens.row[t] = codes.data() + k * t;
  // In two parts, the second added to the first: both end where a step of any variant may.
  const long first = k / 8 * 4;
  alignas(64) signed char strip[Columns::StripBytes(300)];
  alignas(64) typename Columns::Sums running;
  std::memset(&running, 0x5a, sizeof(running));
  RowsAhead ahead(weights.data(), columns, columns);
  Columns::Pack(weights.data(), columns, first, columns, strip);
  Columns::template Run<kAhead, true>(strip, tokens, first, ahead, running);
  TokenRows rest = tokens;
  for (const signed char*& row : rest.row) row += first;
  Columns::Pack(weights.data() + first * columns, columns, k - first, columns, strip);
  Columns::template Run<kAhead, false>(strip, rest, k - first, ahead, running);
  StripSums sums;
  Columns::Finish(running, sums);
  for (int t = 0; t < kPanelTokens; ++t) {
    int sum = 0;
    for (long i = 0; i < k; ++i) sum += tokens.row[t][i];
    for (int n = 0; n < columns; ++n) {
      std::int64_t expected = 0;
      for (long i = 0; i < k; ++i) {
        expected += std::int64_t{tokens.row[t][i]} * weights[size(i, columns) + size(n, 1)];
      }
      ASSERT_EQ(sums[n / kDotRows][t][n % kDotRows] - Columns::kOffset * sum, expected)
          << "k " << k << " columns " << columns << " token " << t << " column " << n;
    }
  }
}

TYPED_TEST(Int8Columns, AnyLengthAndWidthGiveTheProduct) {
  for (long k : {1, 2, 3, 4, 5, 8, 63, 64, 130, 300}) {
    for (int columns : {1, 15, 16, 17, 33, 63, 64}) {
      ExpectProduct<TypeParam, true>(k, columns, false);
      ExpectProduct<TypeParam, false>(k, columns, false);
    }
  }
}

TYPED_TEST(Int8Columns, ExtremeCodesDoNotSaturate) {
  ExpectProduct<TypeParam, false>(300, 64, true);
}

}  // namespace
}  // namespace kernels::simd
