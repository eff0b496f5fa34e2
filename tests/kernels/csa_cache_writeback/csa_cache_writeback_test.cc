#include "kernels/csa_cache_writeback/csa_cache_writeback.h"

#include <cstddef>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/csa_cache_writeback/csa_cache_writeback_golden.h"
#include "tests/kernels/guarded.h"

namespace kernels {
namespace {

template <int kTokens, int kColumns>
struct Tiles {
  int CSA_WB_TOKEN_TILE = kTokens;
  int CSA_WB_COLUMN_TILE = kColumns;
};

// Token t has the value t + 1 in every column; the rings are 0.
std::vector<bf16> Write(void (*kernel)(const CsaCacheWritebackArgs&),
                        const std::vector<long>& slots) {
  Guarded<bf16> kv(slots.size() * 512), rings(2 * 128 * 512);
  Guarded<long> mapping(slots.size());
  for (std::size_t i = 0; i < kv.size(); ++i) kv[i] = {static_cast<unsigned short>(i / 512 + 1)};
  for (std::size_t t = 0; t < slots.size(); ++t) mapping[t] = slots[t];
  for (bf16& value : rings) value = {};
  kernel({kv.data(), mapping.data(), rings.data(), static_cast<int>(slots.size()), 2});
  return {rings.begin(), rings.end()};
}

TEST(CsaCacheWriteback, GoldenWritesSlotsAndNothingElse) {
  const std::vector<bf16> rings = Write(&CsaCacheWritebackGolden, {255, -1, 0});
  for (std::size_t i = 0; i < rings.size(); ++i) {
    const int row = static_cast<int>(i / 512);
    const int expected = row == 255 ? 1 : row == 0 ? 3 : 0;  // token 1 is not stored
    ASSERT_EQ(rings[i].bits, expected) << i;
  }
}

TEST(CsaCacheWriteback, TemplateIsTheGolden) {
  const std::vector<long> slots = {7, 130, -1, 0, 255, 131, 8};
  const std::vector<bf16> expected = Write(&CsaCacheWritebackGolden, slots);
  EXPECT_EQ(Write(&CsaCacheWriteback<Tiles<8, 512>{}>, slots), expected);
  EXPECT_EQ(Write(&CsaCacheWriteback<Tiles<3, 200>{}>, slots), expected);
  EXPECT_EQ(Write(&CsaCacheWriteback<Tiles<1, 1>{}>, slots), expected);
}

}  // namespace
}  // namespace kernels
