#include "kernels/simd/int8_lanes.h"

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "tests/kernels/guarded.h"

namespace kernels::simd {
namespace {

constexpr int kQueries = 8;

// Sums of kQueries queries with a block of keys, against the definition.
void ExpectExact(long k, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto count = static_cast<std::size_t>(k);
  const auto words = static_cast<std::size_t>(WordsOf(k));
  Guarded<signed char> keys(kKeyBlock * count), queries(kQueries * count);
  Guarded<int> packed(kKeyBlock * words), query_words(kQueries * words);
  for (Guarded<signed char>* codes : {&keys, &queries}) {
    for (signed char& code : codes->all()) {  // the extremes are frequent
      const std::uint64_t draw = random();
      code = static_cast<signed char>(draw >> 8);
      if (draw % 4 == 0) code = draw & 8 ? -128 : 127;
    }
  }
  for (int vector = 0; vector < 2; ++vector) {
    const signed char* rows[kLanes];
    for (int i = 0; i < kLanes; ++i) rows[i] = keys.data() + (vector * kLanes + i) * k;
    PackKeys(rows, k, packed.data() + vector * WordsOf(k) * kLanes);
  }
  int starts[kQueries];
  for (int q = 0; q < kQueries; ++q) {
    starts[q] = PackQuery(queries.data() + q * k, k, query_words.data() + q * WordsOf(k));
  }
  I32 sums[kQueries][2];
  MultiplyKeys<kQueries>(packed.data(), query_words.data(), WordsOf(k), starts, k, sums);
  for (int q = 0; q < kQueries; ++q) {
    for (int key = 0; key < kKeyBlock; ++key) {
      int expected = 0;
      for (long i = 0; i < k; ++i) {
        expected += int{queries[static_cast<std::size_t>(q * k + i)]} *
                    int{keys[static_cast<std::size_t>(key * k + i)]};
      }
      ASSERT_EQ(sums[q][key / kLanes][key % kLanes], expected) << q << ' ' << key << ' ' << k;
    }
  }
}

TEST(Int8Lanes, IsExact) {
  for (const long k : {16, 32, 48, 64, 128, 208}) {
    ExpectExact(k, 1);
    ExpectExact(k, 2);
  }
}

}  // namespace
}  // namespace kernels::simd
