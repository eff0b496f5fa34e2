#include "kernels/prefill_compressor_ratio128/prefill_compressor_ratio128.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/golden/rounding.h"
#include "kernels/prefill_compressor/prefill_compressor_golden.h"
#include "tests/kernels/prefill_compressor/prefill_case.h"

namespace kernels {
namespace {

struct Tiles {
  int OUT_TILE = 32;
  int K_TILE = 512;
  int HEAD_TILE = 64;
  int HCA_C128_RMS_TILE = 8;
  int HCA_KV_STORE_TILE = 16;
};

using Case = PrefillCase<PrefillRatio128>;
constexpr auto kGolden = &PrefillCompressorGolden<PrefillRatio128>;
constexpr auto kKernel = &PrefillCompressorRatio128<Tiles{}>;

// From the beginning; half in the state; wholly but for one token; no window; two windows in one
// chunk; pools so small that history is recycled.
const PrefillSize kSizes[] = {
    {128, 9, 0, 128, 17}, {70, 17, 100, 66, 17}, {2, 33, 255, 1, 40},
    {5, 17, 128, 5, 17},  {140, 5, 122, 137, 5}, {12, 40, 120, 9, 2},
};

TEST(PrefillCompressorRatio128, AgreesWithTheGolden) {
  for (const PrefillSize& size : kSizes) {
    for (const bool one_pool : {false, true}) {
      Case c(size, one_pool);
      ExpectClose(c.Outputs(kKernel), c.Outputs(kGolden));
    }
  }
}

template <auto kTiles>
void ExpectSameBitsAsTheDefault() {
  for (const PrefillSize& size : kSizes) {
    Case c(size);
    EXPECT_TRUE(c.Outputs(&PrefillCompressorRatio128<kTiles>) == c.Outputs(kKernel)) << size.start;
  }
}

TEST(PrefillCompressorRatio128, ExactTilesGiveTheSameBits) {
  ExpectSameBitsAsTheDefault<Tiles{.OUT_TILE = 100, .HEAD_TILE = 16, .HCA_C128_RMS_TILE = 1}>();
  ExpectSameBitsAsTheDefault<Tiles{.OUT_TILE = 16, .HEAD_TILE = 32, .HCA_KV_STORE_TILE = 3}>();
}

// One inner column: a token's kv is its x and its score 100·x in even columns, 0 in odd ones.
class ByHand : public Case {
 public:
  explicit ByHand(const PrefillSize& size, std::vector<float> tokens) : Case(size) {
    Clear();
    for (std::size_t t = 0; t < tokens.size(); ++t) x[t] = golden::Bf16Rne(tokens[t]);
    for (std::size_t c = 0; c < 512; ++c) {
      wkv[c] = golden::Bf16Rne(1);
      wgate[c] = golden::Bf16Rne(c % 2 == 0 ? 100.0f : 0.0f);
    }
  }

  // Of the cache's row, whose columns alternate: the normalised pair (even, odd).
  void ExpectRow(long row, float even, float odd) {
    const float rms = std::sqrt((even * even + odd * odd) / 2);
    for (auto kernel : {kGolden, kKernel}) {
      const PrefillOutputs out = Outputs(kernel);
      for (std::size_t c = 0; c < 512; ++c) {
        const float expected = (c % 2 == 0 ? even : odd) / rms;
        ASSERT_NEAR(out.cmp_kv[Count(row) * 512 + c], expected, std::fabs(expected) / 256)
            << "column " << c << (kernel == kGolden ? " of the golden" : " of the kernel");
      }
    }
  }
};

// A whole window in one chunk: even columns take the largest x, odd ones the mean.
TEST(PrefillCompressorRatio128, PoolsItsOwn128Tokens) {
  std::vector<float> tokens(128, 1.0f);
  tokens[5] = 65;
  ByHand c({128, 1, 128, 128, 17}, tokens);
  c.ExpectRow(c.cmp_slot_mapping[127], 65, 1.5f);
}

// 126 rows of history count with what the state holds: 2 each, in odd columns equally.
TEST(PrefillCompressorRatio128, HistoryComesFromTheState) {
  ByHand c({2, 1, 126, 2, 17}, {2, 66});
  for (std::size_t row = 0; row < c.StateRows(); ++row) std::fill_n(c.StateKv(row), 512, 2.0f);
  c.Keep();
  c.ExpectRow(c.cmp_slot_mapping[1], 66, 2.5f);
}

// The quirk: rows that are nowhere count with kv 0 and score 0. The last token's own score is 800
// in even columns, and 0 in odd ones, where it is one of 128.
TEST(PrefillCompressorRatio128, MissingHistoryDilutes) {
  ByHand c({1, 1, 127, 1, 17}, {8});
  for (std::size_t row = 0; row < c.StateRows(); ++row) {
    std::fill_n(c.StateKv(row), 512, 1000.0f);
    std::fill_n(c.StateScore(row), 512, 1000.0f);
  }
  c.Keep();
  std::fill(c.table.begin(), c.table.end(), -1);
  c.state_slot_mapping[0] = -1;
  c.ExpectRow(c.cmp_slot_mapping[0], 8, 8.0f / 128);
}

// One page for all: the eight tokens of the window's end take the rows of its history.
TEST(PrefillCompressorRatio128, PoolsBeforeItRecycles) {
  ByHand c({8, 1, 120, 8, 1}, std::vector<float>(8, 3.0f));
  for (std::size_t row = 0; row < 8; ++row) std::fill_n(c.StateKv(row), 512, 19.0f);
  for (std::size_t row = 0; row < 8; ++row) std::fill_n(c.StateScore(row), 512, 1000.0f);
  c.Keep();
  c.ExpectRow(c.cmp_slot_mapping[7], 19, 19);
  for (auto kernel : {kGolden, kKernel}) {
    const PrefillOutputs out = c.Outputs(kernel);
    EXPECT_EQ(out.kv_state, std::vector<float>(8 * 512, 3.0f));
    EXPECT_EQ(out.score_state[0], 300);
  }
}

// Rows after the window's end are not of it, though the chunk holds them.
TEST(PrefillCompressorRatio128, NextWindowsTokensDoNotCount) {
  std::vector<float> tokens(130, 1.0f);
  tokens[128] = tokens[129] = 500;
  ByHand c({130, 1, 0, 130, 17}, tokens);
  c.ExpectRow(c.cmp_slot_mapping[127], 1, 1);
}

TEST(PrefillCompressorRatio128, ApeFollowsThePosition) {
  std::vector<float> tokens(128);
  for (std::size_t t = 0; t < 128; ++t) tokens[t] = static_cast<float>(t + 1);
  ByHand c({128, 1, 0, 128, 17}, tokens);
  std::fill(c.wgate.begin(), c.wgate.end(), golden::Bf16Rne(0));
  for (std::size_t i = 0; i < 512; ++i) c.ape[(i % 2 == 0 ? 127 : 40) * 512 + i] = 100;
  c.ExpectRow(c.cmp_slot_mapping[127], 128, 41);
}

}  // namespace
}  // namespace kernels
