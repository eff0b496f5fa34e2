#include "kernels/compressor_ratio128/compressor_ratio128.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/compressor_ratio128/compressor_ratio128_golden.h"
#include "tests/kernels/compressor/expectations.h"
#include "tests/kernels/compressor/slotted_case.h"
#include "tests/kernels/compressor/tabled_step.h"

namespace kernels {
namespace {

using compressor::Count;
using compressor::ExpectStep;
using compressor::ExpectZero;
using compressor::StepOutputs;

struct Tiles {
  int K_TILE = 64;
  int OUT_TILE = 80;
  int B_TILE = 3;
  int POOL_HEAD_TILE = 96;
  int HEAD_TILE = 64;
  int ROPE_TILE = 32;
  int RMS_TILE = 2;
};

using Case = compressor::SlottedCase<compressor::Ratio128, compressor::V2>;
using CaseV3 = compressor::SlottedCase<compressor::Ratio128, compressor::V3>;
using Kernel = void (*)(const CompressorRatio128Args&);

// kernels.md, appendix D; with S > 1 windows that end with the first, a middle and no token.
TEST(CompressorRatio128, AgreesWithTheGolden) {
  for (const int S : {1, 2, 4}) {
    Case c({127, 126, 128, 255, 3, 253}, S, 40);
    ExpectStep(c.Run(&CompressorRatio128<Tiles{}>), c.Run(&CompressorRatio128Golden));
  }
}

TEST(CompressorRatio128V1, AgreesWithTheGoldenAndV2) {
  for (const int S : {1, 2}) {
    Case c({127, 126, 128, 255}, S, 40);
    compressor::TabledStep<compressor::Ratio128> step(c);
    const StepOutputs golden = step.Run(&CompressorRatio128V1Golden);
    ExpectStep(step.Run(&CompressorRatio128V1<Tiles{}>), golden);
    ExpectStep(golden, c.Run(&CompressorRatio128Golden));
  }
}

// Pages of history that are not mapped count as kv 0, score −∞: they weigh nothing.
TEST(CompressorRatio128V3, UnmappedPagesWeighNothing) {
  CaseV3 c({255}, 1, 20);
  for (long page = 17; page < 31; ++page) c.table[Count(page)] = -1;
  const StepOutputs golden = c.Run(&CompressorRatio128V3Golden);
  ExpectStep(c.Run(&CompressorRatio128V3<Tiles{}>), golden);
  // The same, said with scores.
  CaseV3 low({255}, 1, 20);
  for (int position = 136; position < 248; ++position) {
    std::fill_n(low.StateScore(0, position), 512, -1e30f);
  }
  EXPECT_EQ(low.Run(&CompressorRatio128V3Golden).kv, golden.kv);
}

// V3: a boundary without a cache slot leaves kv at 0; V2 writes it.
TEST(CompressorRatio128V3, SpeculativeBoundaryLeavesKvAtZero) {
  CaseV3 v3({127}, 1, 20);
  Case v2({127}, 1, 20);
  v3.cache_slots[0] = v2.cache_slots[0] = -1;
  for (const auto kernel : {&CompressorRatio128V3Golden, &CompressorRatio128V3<Tiles{}>}) {
    const StepOutputs out = v3.Run(kernel);
    ExpectZero(out.kv);
    EXPECT_EQ(out.cache, v3.Untouched().cache);
  }
  for (const auto kernel : {&CompressorRatio128Golden, &CompressorRatio128<Tiles{}>}) {
    EXPECT_NE(v2.Run(kernel).kv[0], 0.0f);
  }
}

class Both : public testing::TestWithParam<Kernel> {};

// Token 128 belongs to the next window, whose first page may be the page that the window leaves:
// it is stored after pooling.
TEST_P(Both, TokensAfterTheBoundaryWaitForThePool) {
  Case apart({127}, 2, 20), aliased({127}, 2, 20);
  aliased.table[16] = aliased.table[0];
  aliased.state_slots[1] = aliased.Row(0, 0);
  const StepOutputs expected = apart.Run(GetParam()), out = aliased.Run(GetParam());
  EXPECT_EQ(out.kv, expected.kv);
  const auto row = [](const StepOutputs& from, long at) {
    return std::vector<float>(from.state.begin() + at * 1024, from.state.begin() + (at + 1) * 1024);
  };
  EXPECT_EQ(row(out, aliased.Row(0, 0)), row(expected, apart.Row(0, 128)));
}

// x = 0 and ape = 0 make the new row 0 with score 0. One score of 300 outweighs 127 others.
TEST_P(Both, LargestScoreTakesTheRow) {
  for (const int position : {0, 7, 8, 63, 126}) {  // both ends of pages
    Case c({127}, 1, 1);
    c.x[0] = {};
    for (Guarded<float>* zero : {&c.state, &c.ape, &c.cos}) std::ranges::fill(zero->all(), 0.0f);
    std::ranges::fill(c.sin.all(), 1.0f);
    std::ranges::fill(c.norm_w.all(), golden::Bf16Rne(2.0f));
    std::fill_n(c.StateScore(0, position), 512, 300.0f);
    for (long i = 0; i < 512; ++i) c.StateKv(0, position)[i] = i % 2 == 0 ? 3.0f : -3.0f;
    const StepOutputs out = c.Run(GetParam());
    for (std::size_t i = 0; i < 448; ++i) ASSERT_NEAR(out.kv[i], i % 2 == 0 ? 2 : -2, 1e-5f);
    // Pairs (2, −2) turned by 90°: (2, 2).
    for (std::size_t i = 448; i < 512; ++i) ASSERT_NEAR(out.kv[i], 2, 1e-5f);
    ASSERT_EQ(out.cache[3 * 512], 2.0f);
  }
}

INSTANTIATE_TEST_SUITE_P(CompressorRatio128, Both,
                         testing::Values(&CompressorRatio128Golden, &CompressorRatio128<Tiles{}>),
                         [](const auto& kernel) {
                           return kernel.index == 0 ? "Golden" : "Kernel";
                         });

}  // namespace
}  // namespace kernels
