#include "kernels/prefill_compressor_ratio4/prefill_compressor_ratio4.h"

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
  int HEAD_CHUNK = 256;
  int HEAD_TILE = 64;
  int PACKED_RMS_TILE = 16;
  int PACKED_STATE_UPDATE_TILE = 16;
};

using Case = PrefillCase<PrefillRatio4>;
constexpr auto kGolden = &PrefillCompressorGolden<PrefillRatio4>;
constexpr auto kKernel = &PrefillCompressorRatio4<Tiles{}>;

// From the sequence's beginning; windows half in the state; wholly but for one token; remainders;
// no window; pools so small that history is recycled.
const PrefillSize kSizes[] = {
    {13, 99, 0, 13, 9}, {9, 65, 5, 9, 9},    {1, 33, 127, 1, 40}, {8, 17, 128, 3, 40},
    {8, 17, 2, 4, 5},   {13, 40, 21, 13, 3}, {3, 1, 0, 3, 1},     {37, 24, 122, 35, 2},
};

TEST(PrefillCompressorRatio4, AgreesWithTheGolden) {
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
    EXPECT_TRUE(c.Outputs(&PrefillCompressorRatio4<kTiles>) == c.Outputs(kKernel)) << size.start;
  }
}

TEST(PrefillCompressorRatio4, ExactTilesGiveTheSameBits) {
  ExpectSameBitsAsTheDefault<Tiles{.OUT_TILE = 16, .HEAD_CHUNK = 32, .HEAD_TILE = 16}>();
  ExpectSameBitsAsTheDefault<Tiles{.OUT_TILE = 100, .HEAD_CHUNK = 160}>();
  ExpectSameBitsAsTheDefault<Tiles{.PACKED_RMS_TILE = 1, .PACKED_STATE_UPDATE_TILE = 1}>();
  ExpectSameBitsAsTheDefault<Tiles{
      .OUT_TILE = 256, .HEAD_CHUNK = 512, .PACKED_RMS_TILE = 3, .PACKED_STATE_UPDATE_TILE = 5}>();
}

TEST(PrefillCompressorRatio4, OnePoolHoldsWhatTwoDo) {
  for (const PrefillSize& size : kSizes) {
    Case two(size), one(size, true);
    for (std::size_t row = 0; row < two.StateRows(); ++row) {
      std::copy_n(two.StateKv(row), 1024, one.StateKv(row));
      std::copy_n(two.StateScore(row), 1024, one.StateScore(row));
    }
    std::copy(two.cmp_kv.begin(), two.cmp_kv.end(), one.cmp_kv.begin());
    for (auto [from, to] : {std::pair{&two.x, &one.x}, {&two.wkv, &one.wkv}}) {
      std::copy(from->begin(), from->end(), to->begin());
    }
    std::copy(two.wgate.begin(), two.wgate.end(), one.wgate.begin());
    std::copy(two.norm_w.begin(), two.norm_w.end(), one.norm_w.begin());
    std::copy(two.ape.begin(), two.ape.end(), one.ape.begin());
    one.Keep();
    EXPECT_TRUE(one.Outputs(kKernel) == two.Outputs(kKernel));
    EXPECT_TRUE(one.Outputs(kGolden) == two.Outputs(kGolden));
  }
}

// One inner column: a token's kv is its x, its score 100·x in even columns and −100·x in odd ones,
// so that even columns take the largest x of a window and odd ones the smallest.
class ByHand : public Case {
 public:
  explicit ByHand(const PrefillSize& size, std::vector<float> tokens) : Case(size) {
    Clear();
    for (std::size_t t = 0; t < tokens.size(); ++t) x[t] = golden::Bf16Rne(tokens[t]);
    for (std::size_t c = 0; c < 1024; ++c) {
      wkv[c] = golden::Bf16Rne(1);
      wgate[c] = golden::Bf16Rne(c % 2 == 0 ? 100.0f : -100.0f);
    }
  }

  // Of the cache's row, whose columns alternate: the normalised pair (even, odd).
  void ExpectRow(long row, float even, float odd) {
    const float rms = std::sqrt((even * even + odd * odd) / 2);
    for (auto kernel : {kGolden, kKernel}) {
      const PrefillOutputs out = Outputs(kernel);
      for (std::size_t c = 0; c < 512; ++c) {
        const float expected = rms == 0 ? 0 : (c % 2 == 0 ? even : odd) / rms;
        ASSERT_NEAR(out.cmp_kv[Count(row) * 512 + c], expected, std::fabs(expected) / 256)
            << "column " << c << (kernel == kGolden ? " of the golden" : " of the kernel");
      }
    }
  }
};

TEST(PrefillCompressorRatio4, FirstWindowHasNoFront) {
  ByHand c({4, 1, 0, 4, 1}, {1, 2, 3, 6});
  c.ExpectRow(c.cmp_slot_mapping[3], 6, 1);
}

// The front half of a window is the four tokens before it, with the projection's first half.
TEST(PrefillCompressorRatio4, SecondWindowReachesBack) {
  ByHand c({8, 1, 0, 8, 2}, {9, 2, 3, 0.5f, 4, 5, 6, 7});
  c.ExpectRow(c.cmp_slot_mapping[7], 9, 0.5f);
  for (std::size_t i = 0; i < 512; ++i) c.wkv[i] = golden::Bf16Rne(0);  // the front's columns
  c.ExpectRow(c.cmp_slot_mapping[7], 0, 0);
}

// ape of position % 4 decides where the scores are equal.
TEST(PrefillCompressorRatio4, ApeFollowsThePosition) {
  ByHand c({5, 1, 3, 5, 3}, {9, 1, 2, 3, 4});
  std::fill(c.wgate.begin(), c.wgate.end(), golden::Bf16Rne(0));
  for (std::size_t i = 0; i < 1024; ++i) c.ape[(i % 2 == 0 ? 2 : 1) * 1024 + i] = 100;
  c.ExpectRow(c.cmp_slot_mapping[4], 3, 2);  // positions 6 and 5
}

// The chunk's four tokens take the very page that holds the window's front.
TEST(PrefillCompressorRatio4, PoolsBeforeItRecycles) {
  ByHand c({4, 1, 4, 4, 1}, {1, 2, 3, 4});
  for (std::size_t row = 0; row < 4; ++row) {
    for (std::size_t i = 0; i < 512; ++i) {
      c.StateKv(row)[i] = 50 + static_cast<float>(row);
      c.StateScore(row)[i] = 5000 + static_cast<float>(row);
    }
  }
  c.Keep();
  c.ExpectRow(c.cmp_slot_mapping[3], 53 - 0.27f,
              53 - 0.27f);  // softmax of 0, 1, 2, 3 hardly differs
  for (auto kernel : {kGolden, kKernel}) {
    const PrefillOutputs out = c.Outputs(kernel);
    for (std::size_t t = 0; t < 4; ++t) {
      EXPECT_EQ(out.kv_state[t * 1024 + 7], static_cast<float>(t + 1));
      EXPECT_EQ(out.score_state[t * 1024 + 8], 100 * static_cast<float>(t + 1));
    }
  }
}

TEST(PrefillCompressorRatio4, UnmappedHistoryCountsNothing) {
  ByHand c({4, 1, 4, 4, 2}, {1, 2, 3, 4});
  for (std::size_t row = 0; row < c.StateRows(); ++row) {
    std::fill_n(c.StateKv(row), 1024, 1000.0f);
    std::fill_n(c.StateScore(row), 1024, 1e4f);
  }
  c.Keep();
  c.ExpectRow(c.cmp_slot_mapping[3], 1000, 1000);
  c.table[0] = -1;
  c.ExpectRow(c.cmp_slot_mapping[3], 4, 1);
}

TEST(PrefillCompressorRatio4, TokensPastNumTokensLeaveNothing) {
  Case c({8, 9, 4, 3, 9});
  c.cmp_slot_mapping[3] = 5;  // of a token that does not count
  c.state_slot_mapping[3] = 1;
  const std::vector<float> state(c.StateKv(1), c.StateKv(1) + 1024);
  const std::vector<bf16> cache(c.cmp_kv.begin(), c.cmp_kv.end());
  for (auto kernel : {kGolden, kKernel}) {
    const PrefillOutputs out = c.Outputs(kernel);
    EXPECT_EQ(std::vector<float>(&out.kv_state[1024], &out.kv_state[2048]), state);
    EXPECT_TRUE(std::equal(cache.begin(), cache.end(), c.cmp_kv.begin()));
    EXPECT_NE(out.kv_state[Count(c.state_slot_mapping[0]) * 1024], 0);
  }
}

// Row w − 3 of the tables turns the row: a quarter turn there takes (x, y) to (−y, x).
TEST(PrefillCompressorRatio4, RotatesByTheWindowsFirstPosition) {
  ByHand c({4, 1, 4, 4, 2}, {1, 2, 3, 6});
  c.table[0] = -1;
  for (std::size_t i = 0; i < 32; ++i) {
    c.freqs_cos[4 * 64 + i] = golden::Bf16Rne(0);
    c.freqs_sin[4 * 64 + i] = golden::Bf16Rne(1);
  }
  const float rms = std::sqrt(18.5f);
  for (auto kernel : {kGolden, kKernel}) {
    const PrefillOutputs out = c.Outputs(kernel);
    const float* row = &out.cmp_kv[Count(c.cmp_slot_mapping[3]) * 512];
    EXPECT_NEAR(row[446], 6 / rms, 0.01);
    EXPECT_NEAR(row[448], -1 / rms, 0.01);
    EXPECT_NEAR(row[449], 6 / rms, 0.01);
    EXPECT_NEAR(row[511], 6 / rms, 0.01);
  }
}

}  // namespace
}  // namespace kernels
