#include "kernels/attention/decode_core.h"

#include <cmath>
#include <cstddef>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/attention/attention_golden.h"
#include "kernels/attention/seed_tiles.h"
#include "tests/kernels/attention/attention_case.h"

namespace kernels {
namespace {

using attention::CodedRows;
using attention::CoreTiles;

constexpr AttentionSize kSizes[] = {
    {.B = 1, .S = 3, .H = 3, .TOPK = 205},
    {.B = 3,
     .S = 1,
     .H = 33,
     .TOPK = 129,
     .ORI_BLOCKS = 4,
     .CMP_BLOCKS = 9,
     .CMP_PAGE = 7,
     .CMP_MAX = 3},
    {.B = 1, .S = 1, .H = 1, .TOPK = 1},
    {.B = 2, .S = 9, .H = 4, .TOPK = 384},
};

std::vector<float> Golden(AttentionCase& c) {
  return c.Run(&golden::CoreGolden<&golden::CodedColumns>);
}

// One bf16 unit, or for a weight that rounds otherwise because its exp does, that weight's share.
void ExpectClose(const std::vector<float>& actual, const std::vector<float>& expected) {
  std::size_t misses = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const float allowed = 1e-4f + std::fabs(expected[i]) / 128;
    ASSERT_LE(std::fabs(actual[i] - expected[i]), 10 * allowed) << i;
    misses += std::fabs(actual[i] - expected[i]) <= allowed ? 0 : 1;
  }
  EXPECT_LE(misses, expected.size() / 200);
}

TEST(DecodeCore, AgreesWithTheGolden) {
  for (const AttentionSize& size : kSizes) {
    AttentionCase c(size);
    c.FillIndices(3);
    for (std::size_t h = 0; h < c.sink.size(); ++h) c.sink[h] = h % 2 == 0 ? 0.0f : 4.0f;
    ExpectClose(c.Run(&attention::DecodeCore<CodedRows, CoreTiles{}>), Golden(c));
  }
}

// Appendix D: one element, an empty first block, an empty last one, nothing at all; sinks of all
// kinds.
TEST(DecodeCore, EdgesAgreeWithTheGolden) {
  AttentionCase c({.B = 4, .S = 1, .H = 4, .TOPK = 300});
  c.indices[5] = 17;
  c.indices[300 + 130] = 200;
  c.indices[300 + 255] = 210;
  for (std::size_t k = 0; k < 128; ++k) c.indices[600 + k] = static_cast<int>(k);
  const float sinks[] = {-1e4f, 0, 4, 50};
  for (std::size_t h = 0; h < 4; ++h) c.sink[h] = sinks[h];
  const std::vector<float> o = c.Run(&attention::DecodeCore<CodedRows, CoreTiles{}>);
  ExpectClose(o, Golden(c));
  const std::vector<float> last(o.end() - 4 * 512, o.end());
  EXPECT_EQ(last, std::vector<float>(last.size(), 0.0f));
}

template <auto kTiles>
void ExpectSameBitsAsTheDefault() {
  for (const AttentionSize& size : kSizes) {
    AttentionCase c(size);
    c.FillIndices(4);
    EXPECT_EQ(c.Run(&attention::DecodeCore<CodedRows, kTiles>),
              c.Run(&attention::DecodeCore<CodedRows, CoreTiles{}>));
  }
}

TEST(DecodeCore, EveryTileGivesTheSameBits) {
  ExpectSameBitsAsTheDefault<CoreTiles{.VALID_TOKEN_TILE = 1, .QK_M_TILE = 1, .H_TILE = 1}>();
  ExpectSameBitsAsTheDefault<CoreTiles{.QK_M_TILE = 6, .H_TILE = 5, .ROPE_OUT_TOK_TILE = 2}>();
  ExpectSameBitsAsTheDefault<CoreTiles{.QK_M_TILE = 128, .H_TILE = 64, .ROPE_TILE = 32}>();
  ExpectSameBitsAsTheDefault<CoreTiles{.ROPE_OUT_TOK_TILE = 1, .ROPE_TILE = 3}>();
}

// A weight that is −1e20's exp would be NaN if the mask were added to itself; none is.
TEST(DecodeCore, LargeScoresStayFinite) {
  AttentionCase c({.H = 2});
  c.FillIndices(5);
  for (bf16& value : c.q.all()) value = golden::Bf16Rne(1e4f * golden::ToFloat(value));
  for (float value : c.Run(&attention::DecodeCore<CodedRows, CoreTiles{}>)) {
    EXPECT_TRUE(std::isfinite(value));
  }
}

}  // namespace
}  // namespace kernels
