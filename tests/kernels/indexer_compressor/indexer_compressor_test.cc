#include "kernels/indexer_compressor/indexer_compressor.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/indexer_compressor/indexer_compressor_golden.h"
#include "tests/kernels/compressor/expectations.h"
#include "tests/kernels/compressor/slotted_case.h"
#include "tests/kernels/compressor/tabled_step.h"

namespace kernels {
namespace {

using compressor::Count;
using compressor::ExpectClose;
using compressor::ExpectZero;
using compressor::StepOutputs;

struct Tiles {
  int K_TILE = 64;
  int OUT_TILE = 80;
  int PROJ_OUT_TILE = 48;
  int B_TILE = 3;
  int HEAD_TILE = 64;
  int HEAD_DIM_TILE = 32;
  int ROPE_TILE = 32;
  int RMS_TILE = 2;
};

template <typename Generation>
struct SylvesterCase : compressor::SlottedCase<compressor::Indexer, Generation> {
  SylvesterCase(const std::vector<int>& positions, int S, int D)
      : compressor::SlottedCase<compressor::Indexer, Generation>(positions, S, D) {
    for (unsigned k = 0; k < 128; ++k) {
      for (unsigned n = 0; n < 128; ++n) {
        const float sign = std::popcount(k & n) % 2 == 0 ? 1.0f : -1.0f;
        this->hadamard[k * 128 + n] = golden::Bf16Rne(sign * 0.088388346f);
      }
    }
  }
};
using Case = SylvesterCase<compressor::V2>;
using CaseV3 = SylvesterCase<compressor::V3>;

// An element of the row, at most about 4, may be rounded to bf16 either way: 2^-6, times the
// matrix's 0.088, in every column.
void ExpectRotated(const StepOutputs& actual, const StepOutputs& expected) {
  ExpectClose(actual.kv, expected.kv, 2e-3f, 1.0f / 128);
  ExpectClose(actual.state, expected.state, 1e-3f, 1e-3f);
}

TEST(IndexerCompressor, AgreesWithTheGolden) {
  for (const int S : {1, 2, 4}) {
    Case c({0, 1, 2, 3, 4, 7, 8, 127, 128, 255}, S, 70);
    const StepOutputs golden = c.Run(&IndexerCompressorGolden);
    const StepOutputs out = c.Run(&IndexerCompressor<Tiles{}>);
    ExpectRotated(out, golden);
    ExpectClose(out.cache, golden.cache, 2e-3f, 1.0f / 128);
  }
}

TEST(IndexerCompressorV3, AgreesWithTheGolden) {
  for (const int S : {1, 2, 4}) {
    CaseV3 c({3, 6, 131, 12, 7}, S, 70);
    c.cache_slots[0] = -1;
    const StepOutputs golden = c.Run(&IndexerCompressorV3Golden);
    const StepOutputs out = c.Run(&IndexerCompressorV3<Tiles{}>);
    ExpectRotated(out, golden);
    ExpectClose(out.cache, golden.cache, 1, 0);
    ExpectClose(out.scale, golden.scale, 0, 1.0f / 128);
  }
}

TEST(IndexerCompressorV1, AgreesWithTheGoldenAndV2) {
  Case c({0, 2, 127, 9}, 2, 40);
  compressor::TabledStep<compressor::Indexer> step(c);
  const StepOutputs golden = step.Run(&IndexerCompressorV1Golden);
  ExpectRotated(step.Run(&IndexerCompressorV1<Tiles{}>), golden);
  ExpectRotated(golden, c.Run(&IndexerCompressorGolden));
}

class Both : public testing::TestWithParam<bool> {
 protected:
  StepOutputs Run(Case& c) const {
    return GetParam() ? c.Run(&IndexerCompressorGolden) : c.Run(&IndexerCompressor<Tiles{}>);
  }
  StepOutputs Run(CaseV3& c) const {
    return GetParam() ? c.Run(&IndexerCompressorV3Golden) : c.Run(&IndexerCompressorV3<Tiles{}>);
  }
};

// A window whose rows are all `kv` and whose scores are equal: the norm leaves kv/|kv|·γ. Position
// 7's own row is x·Wkv with x = 0, hence its score is kept far below the others'.
template <typename CaseOf>
void FillWindow(CaseOf* c, float kv) {
  c->x[0] = {};
  std::ranges::fill(c->state.all(), 0.0f);
  std::ranges::fill(c->ape.all(), -200.0f);
  std::ranges::fill(c->cos.all(), 1.0f);
  std::ranges::fill(c->sin.all(), 0.0f);
  for (int position = 0; position < 7; ++position) std::fill_n(c->StateKv(0, position), 256, kv);
}

// The matrix is any dense one, applied from the right: P[k, k + 1] = 1 moves every column up by
// one.
TEST_P(Both, MultipliesByTheMatrix) {
  Case c({7}, 1, 1);
  FillWindow(&c, 3);
  for (std::size_t i = 0; i < 128; ++i) {
    c.norm_w[i] = golden::Bf16Rne(static_cast<float>(i));
    for (std::size_t n = 0; n < 128; ++n) {
      c.hadamard[i * 128 + n] = golden::Bf16Rne(n == (i + 1) % 128 ? 1.0f : 0.0f);
    }
  }
  const StepOutputs out = Run(c);
  for (std::size_t n = 0; n < 128; ++n) {
    ASSERT_EQ(out.kv[n], static_cast<float>((n + 127) % 128)) << n;  // γ, after rounding to bf16
    ASSERT_EQ(out.cache[3 * 128 + n], static_cast<float>((n + 127) % 128));
  }
}

// V3 stores P2 of the rounded row: ±0.5 are codes ±127 with scale 1/254; nothing but that row
// moves.
TEST_P(Both, StoresCodes) {
  CaseV3 c({7}, 1, 1);
  FillWindow(&c, 3);
  for (std::size_t i = 0; i < 128; ++i) {
    c.norm_w[i] = golden::Bf16Rne(i % 3 == 0 ? -0.5f : 0.25f);
    for (std::size_t n = 0; n < 128; ++n) {
      c.hadamard[i * 128 + n] = golden::Bf16Rne(n == i ? 1.0f : 0.0f);
    }
  }
  const StepOutputs before = c.Untouched(), out = Run(c);
  for (std::size_t i = 0; i < out.cache.size(); ++i) {
    // 0.25·254 = 63.5 rounds to the even 64.
    const float stored = i % 128 % 3 == 0 ? -127.0f : 64.0f;
    ASSERT_EQ(out.cache[i], i / 128 == 3 ? stored : before.cache[i]) << i;
  }
  for (std::size_t i = 0; i < out.scale.size(); ++i) {
    ASSERT_EQ(out.scale[i], i == 3 ? 1.0f / 254 : before.scale[i]);
  }
}

TEST_P(Both, RowOfZerosHasTheSmallestScale) {
  CaseV3 c({7}, 1, 1);
  FillWindow(&c, 0);
  const StepOutputs out = Run(c);
  ExpectZero(out.kv);
  for (std::size_t n = 0; n < 128; ++n) ASSERT_EQ(out.cache[3 * 128 + n], 0.0f);
  EXPECT_NEAR(out.scale[3], 7.874e-7f, 1e-10f);
}

TEST_P(Both, SpeculativeBoundary) {
  CaseV3 c({7, 7}, 1, 9);
  c.cache_slots[1] = -1;
  const StepOutputs before = c.Untouched(), out = Run(c);
  EXPECT_NE(out.kv[0], 0.0f);
  ExpectZero(std::span(out.kv).subspan(128));
  EXPECT_EQ(std::vector(out.scale.begin() + 4, out.scale.end()),
            std::vector(before.scale.begin() + 4, before.scale.end()));
}

INSTANTIATE_TEST_SUITE_P(IndexerCompressor, Both, testing::Bool(),
                         [](const auto& golden) { return golden.param ? "Golden" : "Kernel"; });

}  // namespace
}  // namespace kernels
