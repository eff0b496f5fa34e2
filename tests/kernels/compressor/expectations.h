// How the compressors' tests compare outputs: kernels.md's comparators, written anew.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include <gtest/gtest.h>

namespace kernels::compressor {

inline void ExpectClose(const std::vector<float>& actual, const std::vector<float>& expected,
                        float atol, float rtol) {
  ASSERT_EQ(actual.size(), expected.size());
  std::size_t misses = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (std::isnan(actual[i]) && std::isnan(expected[i])) continue;  // poison, untouched
    if (!(std::fabs(actual[i] - expected[i]) <= atol + rtol * std::fabs(expected[i]))) ++misses;
  }
  EXPECT_EQ(misses, 0u) << "of " << expected.size();
}

/// kernels.md §4, Compare.
template <typename Outputs>
void ExpectStep(const Outputs& actual, const Outputs& expected) {
  ExpectClose(actual.kv, expected.kv, 1e-4f, 1.0f / 128);
  ExpectClose(actual.state, expected.state, 1e-3f, 1e-3f);
  ExpectClose(actual.cache, expected.cache, 1e-4f, 1.0f / 128);
  ExpectClose(actual.scale, expected.scale, 1e-4f, 1.0f / 128);
}

inline void ExpectZero(std::span<const float> values) {
  for (const float value : values) ASSERT_EQ(value, 0.0f);
}

}  // namespace kernels::compressor
