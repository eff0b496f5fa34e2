#include "kernels/attention/rows.h"

#include <cstddef>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/attention/attention_golden.h"
#include "kernels/attention/decode_core_v3.h"
#include "tests/kernels/attention/attention_case.h"

namespace kernels {
namespace {

// The rows of a token's blocks, as the kernel lists them and as the golden has them.
template <typename Contract>
std::vector<std::vector<const bf16*>> Listed(AttentionCase& c, long t) {
  attention::ListRows<Contract>(c.args, t);
  const attention::RowPools pools{c.args};
  const long blocks = attention::ColumnBlocks<Contract>(c.args);
  std::vector<std::vector<const bf16*>> all;
  for (long block = 0; block < blocks; ++block) {
    all.emplace_back();
    for (long j = 0; j < c.args.counts[t * blocks + block]; ++j) {
      all.back().push_back(pools.At(c.args.rows[(t * blocks + block) * kAttnKTile + j]));
    }
  }
  return all;
}

golden::Columns Valid(golden::Columns columns) {
  for (auto& block : columns) std::erase(block, nullptr);
  return columns;
}

TEST(Rows, CodedAsTheGolden) {
  AttentionCase c(
      {.B = 3, .S = 2, .TOPK = 300, .ORI_BLOCKS = 4, .CMP_BLOCKS = 9, .CMP_PAGE = 7, .CMP_MAX = 3});
  c.FillIndices(1);
  c.cmp_table[1] = -1;
  c.ori_table[2] = -1;
  for (int t = 0; t < 6; ++t) {
    EXPECT_EQ(Listed<attention::CodedRows>(c, t), Valid(golden::CodedColumns(c.args, t))) << t;
  }
}

// 130 tokens: two blocks of them behind the page.
TEST(Rows, SetAsTheGolden) {
  AttentionCase c({.B = 65, .S = 2, .TOPK = 128, .ORI_BLOCKS = 3});
  c.FillIndices(2);
  c.ori_table[3] = -1;
  std::vector<int> rows(130 * 3 * 128), counts(130 * 3);
  c.args.rows = rows.data();
  c.args.counts = counts.data();
  for (const int t : {0, 1, 6, 63, 64, 127, 128, 129}) {
    EXPECT_EQ(Listed<attention::SetRows>(c, t), Valid(golden::SetColumns(c.args, t))) << t;
  }
}

TEST(Rows, PlanNamesTheBlocksThatHaveRows) {
  AttentionCase c({});
  std::vector<int> counts = {0, 3, 0, 1}, items(5);
  c.args.counts = counts.data();
  c.args.items = items.data();
  attention::PlanItems(c.args, 4);
  EXPECT_EQ(items, (std::vector<int>{2, 1, 3, 0, 0}));
}

// Runs end where the numbers do, at their longest, and at the segment's end.
TEST(Rows, GatheredRowsAreTheRows) {
  AttentionCase c({.ORI_BLOCKS = 2});
  const std::vector<int> rows = {4, 5, 6, 7, 8, 200, 3, 3, 255, 257};  // 257: compressed row 0
  for (std::size_t i = 0; i < rows.size(); ++i) c.rows[i] = rows[i];
  Guarded<bf16> gathered(128 * 512);
  c.args.gathered = gathered.data();
  attention::GatherRows<3>(c.args, 0, 0, 4);
  attention::GatherRows<3>(c.args, 0, 4, 10);
  const attention::RowPools pools{c.args};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t d = 0; d < 512; ++d) ASSERT_EQ(gathered[i * 512 + d], pools.At(rows[i])[d]);
  }
  EXPECT_EQ(pools.At(257), c.cmp_kv.data());
}

}  // namespace
}  // namespace kernels
