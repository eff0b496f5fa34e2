#include "kernels/compressor_ratio4/compressor_ratio4.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/compressor_ratio4/compressor_ratio4_golden.h"
#include "tests/kernels/compressor/expectations.h"
#include "tests/kernels/compressor/slotted_case.h"
#include "tests/kernels/compressor/tabled_step.h"

namespace kernels {
namespace {

using compressor::ExpectStep;
using compressor::ExpectZero;
using compressor::StepOutputs;

struct Tiles {
  int K_TILE = 64;
  int OUT_TILE = 96;
  int B_TILE = 3;
  int HEAD_TILE = 64;
  int ROPE_TILE = 32;
  int RMS_TILE = 2;
};

using Case = compressor::SlottedCase<compressor::Ratio4, compressor::V2>;
using Kernel = void (*)(const CompressorRatio4Args&);
constexpr Kernel kBoth[] = {&CompressorRatio4Golden, &CompressorRatio4<Tiles{}>};

std::span<const float> Row(const std::vector<float>& rows, std::size_t row) {
  return std::span(rows).subspan(row * 512, 512);
}

// kernels.md, appendix D.
TEST(CompressorRatio4, AgreesWithTheGolden) {
  for (const int S : {1, 2, 4}) {
    Case c({0, 1, 2, 3, 4, 7, 8, 127, 128, 255}, S, 70);
    ExpectStep(c.Run(&CompressorRatio4<Tiles{}>), c.Run(&CompressorRatio4Golden));
  }
}

TEST(CompressorRatio4, AgreesWhereNothingIsMappedOrWritten) {
  Case c({6, 7, 131, 3}, 2, 33);
  c.table[compressor::Count(Case::kPages)] = -1;  // batch 1: page 0 is missing, 1 ends at 7
  c.cache_slots[1] = -1;                          // batch 0 ends a window with token 1
  c.state_slots[4] = -1;                          // batch 2, token 0
  const StepOutputs golden = c.Run(&CompressorRatio4Golden);
  for (const float value : golden.kv) ASSERT_TRUE(std::isfinite(value));
  ExpectStep(c.Run(&CompressorRatio4<Tiles{}>), golden);
}

TEST(CompressorRatio4V1, AgreesWithTheGoldenAndV2) {
  for (const int S : {1, 2, 4}) {
    Case c({0, 3, 6, 127, 128}, S, 40);
    compressor::TabledStep<compressor::Ratio4> step(c);
    step.UnmapCache(2);
    for (long token = 2 * S; token < 3 * S; ++token) c.cache_slots[compressor::Count(token)] = -1;
    const StepOutputs golden = step.Run(&CompressorRatio4V1Golden);
    ExpectStep(step.Run(&CompressorRatio4V1<Tiles{}>), golden);
    ExpectStep(golden, c.Run(&CompressorRatio4Golden));
  }
}

// V3: a boundary without a cache slot leaves kv at 0, whatever the other batches do.
TEST(CompressorRatio4V3, SpeculativeBoundaryLeavesKvAtZero) {
  compressor::SlottedCase<compressor::Ratio4, compressor::V3> c({7, 11}, 1, 20);
  c.cache_slots[0] = -1;
  const StepOutputs golden = c.Run(&CompressorRatio4V3Golden);
  const StepOutputs out = c.Run(&CompressorRatio4V3<Tiles{}>);
  ExpectStep(out, golden);
  for (const StepOutputs& side : {golden, out}) {
    ExpectZero(Row(side.kv, 0));
    EXPECT_NE(Row(side.kv, 1)[0], 0.0f);
  }
}

// With x = 0 every new row is (0 | ape) and the window holds what the state had. Equal scores make
// the pool a mean, equal kv make that kv; the norm leaves ±1·γ (up to its 1e-6), and a quarter turn
// takes pairs (a, b) to (−b, a).
struct Zeroed : Case {
  explicit Zeroed(int position) : Case({position}, 1, 1) {
    x[0] = {};
    for (float& value : state.all()) value = 0;
    for (float& value : ape.all()) value = 0;
    for (float& value : cos.all()) value = 0;
    for (float& value : sin.all()) value = 1;
    for (bf16& value : norm_w.all()) value = golden::Bf16Rne(0.5f);
  }
};

class ByHand : public testing::TestWithParam<Kernel> {};

TEST_P(ByHand, MeanOfEqualScores) {
  // 7 stored rows of 4 and the new one of 0: every column has the same mean, of whatever sign.
  Zeroed c(7);
  for (int position = 0; position < 7; ++position) {
    for (long i = 0; i < 1024; ++i) c.StateKv(0, position)[i] = i % 2 == 0 ? 4.0f : -4.0f;
  }
  const StepOutputs out = c.Run(GetParam());
  for (std::size_t i = 0; i < 448; ++i) {
    ASSERT_NEAR(out.kv[i], i % 2 == 0 ? 0.5f : -0.5f, 1e-6f) << i;
  }
  // (0.5, −0.5) turned by 90°: (0.5, 0.5).
  for (std::size_t i = 448; i < 512; ++i) ASSERT_NEAR(out.kv[i], 0.5f, 1e-6f) << i;
  for (std::size_t i = 0; i < 512; ++i)
    ASSERT_EQ(out.cache[3 * 512 + i], i % 2 == 0 || i > 448 ? 0.5f : -0.5f);
}

TEST_P(ByHand, LargestScoreTakesItsHalfOfTheRow) {
  // Position 2 is in the earlier half: columns 0…511 of kv and of the score count, the rest does
  // not; position 5 is in the later half.
  for (const auto& [position, first] : {std::pair{2, 0}, std::pair{5, 512}}) {
    Zeroed c(7);
    for (long i = 0; i < 1024; ++i) {
      c.StateKv(0, position)[i] = i / 512 * 512 == first ? 2.0f : 1e6f;
      c.StateScore(0, position)[i] = i / 512 * 512 == first ? 200.0f : 0.0f;
    }
    const StepOutputs out = c.Run(GetParam());
    for (std::size_t i = 0; i < 448; ++i) ASSERT_NEAR(out.kv[i], 0.5f, 1e-6f) << i;
  }
}

TEST_P(ByHand, FirstWindowHasNoEarlierHalf) {
  // Position 3: three stored rows and the new one of kv 0, score 0. Even columns: the mean of 4, 4,
  // 4 and 0. Odd columns: a score of 20 leaves the new row e^-20 and the others' 3. Were the rows
  // before the sequence counted with score 0, only the even columns would be halved.
  Zeroed c(3);
  for (int position = 0; position < 3; ++position) {
    for (long i = 0; i < 1024; ++i) {
      c.StateKv(0, position)[i] = i % 2 == 0 ? 4.0f : 3.0f;
      c.StateScore(0, position)[i] = i % 2 == 0 ? 0.0f : 20.0f;
    }
  }
  const StepOutputs out = c.Run(GetParam());
  for (std::size_t i = 0; i < 448; ++i) ASSERT_NEAR(out.kv[i], 0.5f, 1e-6f) << i;
}

TEST_P(ByHand, ScoresGetApeOfTheirPosition) {
  Zeroed c(9);
  for (long i = 0; i < 4 * 1024; ++i) c.ape[compressor::Count(i)] = static_cast<float>(i);
  const StepOutputs out = c.Run(GetParam());
  const std::size_t row = compressor::Count(c.Row(0, 9) * 2048);
  for (std::size_t i = 0; i < 1024; ++i) {
    ASSERT_EQ(out.state[row + i], 0.0f);
    ASSERT_EQ(out.state[row + 1024 + i], static_cast<float>(1024 + i));  // 9 % 4 = 1
  }
}

// Rows of kv beyond a batch's first, and batches that end no window, are zero; nothing else moves.
TEST_P(ByHand, WritesNothingElse) {
  Case c({5, 2, 8}, 2, 9);  // tokens 5 6 | 2 3 | 8 9: only batch 1 ends a window
  const StepOutputs before = c.Untouched(), after = c.Run(GetParam());
  for (const std::size_t row : {0u, 1u, 3u, 4u, 5u}) ExpectZero(Row(after.kv, row));
  EXPECT_NE(Row(after.kv, 2)[0], 0.0f);
  for (std::size_t row = 0; row < after.cache.size() / 512; ++row) {
    const bool same = std::ranges::equal(Row(before.cache, row), Row(after.cache, row));
    EXPECT_EQ(same, row != 5 + 3) << row;
  }
  std::size_t changed = 0;
  for (std::size_t i = 0; i < after.state.size(); i += 2048) {
    changed += before.state[i] != after.state[i] ? 1 : 0;
  }
  EXPECT_EQ(changed, 6u);  // a row per token
}

// V2: a speculative boundary emits kv and leaves the cache alone; its state row goes by its own
// slot.
TEST_P(ByHand, SpeculativeBoundary) {
  Case c({7}, 1, 9);
  c.cache_slots[0] = -1;
  c.state_slots[0] = -1;
  const StepOutputs before = c.Untouched(), after = c.Run(GetParam());
  EXPECT_NE(after.kv[0], 0.0f);
  EXPECT_EQ(before.cache, after.cache);
  EXPECT_EQ(before.state, after.state);
}

INSTANTIATE_TEST_SUITE_P(Both, ByHand, testing::ValuesIn(kBoth), [](const auto& kernel) {
  return kernel.index == 0 ? "Golden" : "Kernel";
});

}  // namespace
}  // namespace kernels
