#include "kernels/attention/attention_golden.h"

#include <cmath>
#include <cstddef>
#include <vector>

#include <gtest/gtest.h>

#include "tests/kernels/attention/attention_case.h"

namespace kernels {
namespace {

using golden::Bf16Rne;
using golden::RoundBf16;
using golden::ToFloat;

std::vector<float> Core(AttentionCase& c) {
  return c.Run(&golden::CoreGolden<&golden::CodedColumns>);
}

float At(Guarded<bf16>& rows, std::size_t row, std::size_t d) {
  return ToFloat(rows[row * 512 + d]);
}

// All rows zero but what a test sets.
struct Hand : AttentionCase {
  Hand() : AttentionCase({}) {
    for (Guarded<bf16>* values : {&q, &ori_kv, &overlay, &cmp_kv}) {
      for (bf16& value : values->all()) value = Bf16Rne(0);
    }
    ori_table[0] = 0;
  }
  // Key `row` of the window: its score is `score`, element 3 is `value`.
  void Key(std::size_t row, float score, float value) {
    q[0] = Bf16Rne(1);
    ori_kv[row * 512] = Bf16Rne(score / kSoftmaxScale);
    ori_kv[row * 512 + 3] = Bf16Rne(value);
  }
  float Score(std::size_t row) { return At(ori_kv, row, 0) * kSoftmaxScale; }
};

// One key has weight 1 whatever its score; a sink of −1e4 adds nothing.
TEST(AttentionGolden, OneElementIsTheRow) {
  AttentionCase c({.ORI_BLOCKS = 3});
  c.indices[200] = 77;
  const std::vector<float> o = Core(c);
  const auto row = static_cast<std::size_t>(c.ori_table[0]) * 128 + 77;
  for (std::size_t d = 0; d < 512; ++d) EXPECT_EQ(o[d], At(c.ori_kv, row, d)) << d;
}

TEST(AttentionGolden, CodesNameTheThreeCaches) {
  AttentionCase c({.B = 2, .S = 2, .CMP_BLOCKS = 4});
  c.cmp_table[2] = 3;
  const std::size_t last = 3 * 256;  // token 3: batch 1
  c.indices[last] = 129;             // its own row
  EXPECT_EQ(Core(c)[3 * 512 + 5], At(c.overlay, 3, 5));
  c.indices[last] = 128;  // the token before it
  EXPECT_EQ(Core(c)[3 * 512 + 5], At(c.overlay, 2, 5));
  c.indices[last] = 130 + 9;  // compressed column 9, in page 3
  EXPECT_EQ(Core(c)[3 * 512 + 5], At(c.cmp_kv, 3 * 128 + 9, 5));
}

TEST(AttentionGolden, NothingValidGivesZeros) {
  AttentionCase c({.H = 2});
  EXPECT_EQ(Core(c), std::vector<float>(1024, 0.0f));
  // Not mapped, or past the table: none either.
  c.cmp_table[0] = -1;
  c.indices[0] = 129;
  c.indices[1] = 129 + 256;
  EXPECT_EQ(Core(c), std::vector<float>(1024, 0.0f));
}

// e = 1 and e^−1 = 0.36788; the weight rounds to bf16, 0.3671875, the sum does not:
// 0.3671875·8/1.36788 = 2.1475, in bf16 2.140625. The unrounded weight would give 2.15625.
TEST(AttentionGolden, WeightsRoundTheirSumDoesNot) {
  Hand c;
  c.Key(1, 2, 0);
  c.Key(2, 1, 8);
  c.indices[0] = 1;
  c.indices[1] = 2;
  const float e = std::exp(c.Score(2) - c.Score(1));
  EXPECT_EQ(Core(c)[3], RoundBf16(RoundBf16(e) * 8 / (1 + e)));
  EXPECT_EQ(Core(c)[3], 2.140625f);
}

// The same keys in two blocks: each has weight 1 in its own, and the merge's factor is not rounded.
TEST(AttentionGolden, WeightsAreRelativeToTheirBlock) {
  Hand c;
  c.Key(1, 2, 0);
  c.Key(2, 1, 8);
  c.indices[0] = 1;
  c.indices[128] = 2;
  const float e = std::exp(c.Score(2) - c.Score(1));
  EXPECT_EQ(Core(c)[3], RoundBf16(e * 8 / (1 + e)));
  EXPECT_EQ(Core(c)[3], 2.15625f);
}

TEST(AttentionGolden, AnEmptyBlockChangesNothing) {
  AttentionCase c({.TOPK = 384});
  c.indices[0] = 5;
  c.indices[300] = 9;
  const std::vector<float> apart = Core(c);
  std::swap(c.indices[300], c.indices[200]);
  EXPECT_EQ(Core(c), apart);
  std::swap(c.indices[0],
            c.indices[300]);  // now the first block is the empty one, and the order turned
  std::swap(c.indices[200], c.indices[201]);
  const std::vector<float> turned = Core(c);
  for (std::size_t d = 0; d < 512; ++d) EXPECT_NEAR(turned[d], apart[d], 1e-2);
}

// Score 0, weight 1: o = 4/(1 + e^sink).
TEST(AttentionGolden, TheSinkEnlargesTheDenominator) {
  Hand c;
  c.Key(1, 0, 4);
  c.indices[0] = 1;
  for (const float sink : {-1e4f, 0.0f, 4.0f, 50.0f}) {
    c.sink[0] = sink;
    EXPECT_EQ(Core(c)[3], RoundBf16(4 / (1 + std::exp(sink)))) << sink;
  }
  c.sink[0] = 100;  // overflows: 0
  EXPECT_EQ(Core(c)[3], 0.0f);
}

// A quarter turn back: (even, odd) → (odd, −even).
TEST(AttentionGolden, TheTailIsTurnedBack) {
  AttentionCase c({});
  c.indices[0] = 7;
  for (bf16& value : c.cos.all()) value = Bf16Rne(0);
  for (bf16& value : c.sin.all()) value = Bf16Rne(1);
  const std::vector<float> o = Core(c);
  EXPECT_EQ(o[447], At(c.ori_kv, 7, 447));
  EXPECT_EQ(o[448], At(c.ori_kv, 7, 449));
  EXPECT_EQ(o[449], -At(c.ori_kv, 7, 448));
  EXPECT_EQ(o[511], -At(c.ori_kv, 7, 510));
}

// SWA: a set. Page rows stay in block 0 whatever column names them, tokens come behind.
TEST(AttentionGolden, SwaTakesCodesAsASet) {
  AttentionCase c({.B = 2, .S = 2, .TOPK = 128, .ORI_BLOCKS = 2});
  c.indices[2 * 128] = 129;
  c.indices[2 * 128 + 1] = 3;
  c.indices[2 * 128 + 2] = 3;
  const golden::Columns columns = golden::SetColumns(c.args, 2);
  ASSERT_EQ(columns.size(), 2u);
  for (std::size_t k = 0; k < 128; ++k) EXPECT_EQ(columns[0][k] != nullptr, k == 3) << k;
  ASSERT_EQ(columns[1].size(), 4u);
  for (std::size_t k = 0; k < 4; ++k) EXPECT_EQ(columns[1][k] != nullptr, k == 3) << k;
  EXPECT_EQ(columns[1][3], c.overlay.data() + 3 * 512);
}

// Pages of one row (V3 flash HCA): the table holds a row's number for each column.
TEST(AttentionGolden, PageLengthIsTheCaches) {
  AttentionCase c({.TOPK = 4, .CMP_BLOCKS = 6, .CMP_PAGE = 1, .CMP_MAX = 3});
  std::vector<int> window(128, -1);
  window[0] = 9;
  c.args.window_indices = window.data();
  c.cmp_table[2] = 5;
  c.indices[1] = 2;
  c.indices[2] = 3;  // past the table
  const golden::Columns columns = golden::HcaV3Columns(c.args, 0);
  ASSERT_EQ(columns.size(), 2u);
  EXPECT_EQ(columns[0][0], c.ori_kv.data() + 9 * 512);
  EXPECT_EQ(columns[1][1], c.cmp_kv.data() + 5 * 512);
  EXPECT_EQ(columns[1][2], nullptr);
}

// V3 CSA: position 11 sees columns 0, 1 and 2.
TEST(AttentionGolden, CsaV3MasksByPosition) {
  AttentionCase c({});
  const std::vector<int> window(128, -1), topk = {3, 2, -1, 0}, positions = {11};
  c.args.window_indices = window.data();
  c.args.idx_topk = topk.data();
  c.args.position_ids = positions.data();
  c.args.SCORE_LEN = 4;
  c.args.IDX_TOPK = 4;
  const golden::Columns columns = golden::CsaV3Columns(c.args, 0);
  EXPECT_EQ(columns[1][0], nullptr);
  EXPECT_EQ(columns[1][1], c.cmp_kv.data() + 2 * 512);
  EXPECT_EQ(columns[1][2], nullptr);
  EXPECT_EQ(columns[1][3], c.cmp_kv.data());
}

// Prefill: holes close up, so that compressed rows share a block with the window's.
TEST(AttentionGolden, PrefillCompacts) {
  AttentionCase c({.S = 3, .TOPK = 140});
  c.args.IDX_TOPK = 12;
  c.args.num_tokens = 2;
  const std::vector<int> lens = {4, 140, 140};
  c.args.cmp_sparse_lens = lens.data();
  c.indices[1] = 5;
  c.indices[3] = 128 + 1;
  c.indices[4] = 6;  // not read: lens
  golden::Columns columns = golden::PrefillColumns(c.args, 0);
  ASSERT_EQ(columns.size(), 1u);
  EXPECT_EQ(columns[0],
            (std::vector<const bf16*>{c.ori_kv.data() + 5 * 512, c.overlay.data() + 512}));
  c.indices[140 + 127] = 128 + 3 + 7;  // 3 + 12 columns are held, a block of them is read
  c.indices[140 + 128] = 7;
  c.indices[140 + 120] = 128 + 2;  // a padding token: none
  columns = golden::PrefillColumns(c.args, 1);
  ASSERT_EQ(columns.size(), 1u);
  EXPECT_EQ(columns[0], (std::vector<const bf16*>{c.cmp_kv.data() + 7 * 512}));
  EXPECT_TRUE(golden::PrefillColumns(c.args, 2).empty());
}

}  // namespace
}  // namespace kernels
