#include "kernels/csa_index_build/csa_index_build.h"

#include <algorithm>
#include <cstddef>
#include <random>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/csa_index_build/csa_index_build_golden.h"
#include "tests/kernels/guarded.h"

namespace kernels {
namespace {

struct Tiles {
  int CSA_OVERLAY_TOKEN_TILE = 1;
  int CSA_TOPK_TOKEN_TILE = 8;
  int CSA_TOPK_COLUMN_TILE = 512;
};

std::size_t Count(long n) { return static_cast<std::size_t>(n); }

using Outputs = std::pair<std::vector<int>, std::vector<int>>;  // indices, mask

// Operands that end where memory ends. Batch b starts at starts[b]; its sequence ends with this
// step.
struct Case {
  Case(const std::vector<int>& starts, int S, int score_len, int idx_topk)
      : positions(starts.size() * Count(S)),
        lengths(starts.size()),
        topk(positions.size() * Count(score_len)),
        indices(positions.size() * Count(128 + idx_topk)),
        mask(positions.size() * Count(std::max(2L, Blocks(128 + idx_topk, 128)))) {
    for (std::size_t b = 0; b < starts.size(); ++b) {
      lengths[b] = starts[b] + S;
      for (int s = 0; s < S; ++s) positions[b * Count(S) + Count(s)] = starts[b] + s;
    }
    std::mt19937_64 random(3);
    for (int& code : topk.all()) code = static_cast<int>(random() % Count(score_len + 200)) - 10;
    args = {positions.data(),
            lengths.data(),
            topk.data(),
            indices.data(),
            mask.data(),
            static_cast<int>(starts.size()),
            S,
            score_len,
            idx_topk};
  }

  Outputs Run(void (*kernel)(const CsaIndexBuildArgs&)) {
    indices.Poison();
    mask.Poison();
    kernel(args);
    return {{indices.begin(), indices.end()}, {mask.begin(), mask.end()}};
  }

  int Golden(long t, long column) {
    return Run(&CsaIndexBuildGolden).first[Count(t * (128 + args.IDX_TOPK) + column)];
  }

  Guarded<int> positions, lengths, topk, indices, mask;
  CsaIndexBuildArgs args;
};

template <auto kTiles>
void ExpectTheGoldens() {
  for (const int S : {1, 2, 5}) {
    for (const int idx_topk : {1, 77, 128, 129, 600}) {
      Case c({0, 10, 126, 127, 128, 300, 900}, S, idx_topk + 3, idx_topk);
      EXPECT_EQ(c.Run(&CsaIndexBuild<kTiles>), c.Run(&CsaIndexBuildGolden)) << S << ' ' << idx_topk;
    }
  }
}

TEST(CsaIndexBuild, EveryTileGivesTheGoldensCodes) {
  ExpectTheGoldens<Tiles{}>();
  ExpectTheGoldens<Tiles{.CSA_OVERLAY_TOKEN_TILE = 4, .CSA_TOPK_TOKEN_TILE = 1}>();
  ExpectTheGoldens<Tiles{.CSA_TOPK_TOKEN_TILE = 3, .CSA_TOPK_COLUMN_TILE = 128}>();
  ExpectTheGoldens<Tiles{
      .CSA_OVERLAY_TOKEN_TILE = 100, .CSA_TOPK_TOKEN_TILE = 100, .CSA_TOPK_COLUMN_TILE = 1024}>();
}

// Position 5 sees slots 0 … 5, and the last of them is itself: token 0 of the step.
TEST(CsaIndexBuildGolden, ShortWindow) {
  Case c({5}, 1, 1, 1);
  EXPECT_EQ(c.Golden(0, 0), 0);
  EXPECT_EQ(c.Golden(0, 4), 4);
  EXPECT_EQ(c.Golden(0, 5), 128);
  EXPECT_EQ(c.Golden(0, 6), -1);
  EXPECT_EQ(c.Golden(0, 127), -1);
}

// Position 130 takes slot 2, so the oldest is in slot 3.
TEST(CsaIndexBuildGolden, WindowWraps) {
  Case c({130}, 1, 1, 1);
  EXPECT_EQ(c.Golden(0, 0), 3);
  EXPECT_EQ(c.Golden(0, 124), 127);
  EXPECT_EQ(c.Golden(0, 125), 0);
  EXPECT_EQ(c.Golden(0, 127), 128);
}

// Tokens at 127 and 128 take slots 127 and 0. The first still finds position 0 in slot 0.
TEST(CsaIndexBuildGolden, OnlyPastTokensOverlay) {
  Case c({127}, 2, 1, 1);
  EXPECT_EQ(c.Golden(0, 0), 0);
  EXPECT_EQ(c.Golden(0, 127), 128);
  EXPECT_EQ(c.Golden(1, 0), 1);
  EXPECT_EQ(c.Golden(1, 126), 128);
  EXPECT_EQ(c.Golden(1, 127), 129);
}

// Position 11 of two batches of S = 1 sees (11 + 1)/4 = 3 columns: codes 129, 130, 131; a sequence
// of 8 tokens has only two.
TEST(CsaIndexBuildGolden, KeepsVisibleColumnsOnly) {
  Case c({11, 11}, 1, 6, 6);
  const std::vector<int> codes = {131, 132, 129, 128, -1, 130};
  for (std::size_t i = 0; i < 12; ++i) c.topk[i] = codes[i % 6];
  c.lengths[1] = 8;
  const Outputs outputs = c.Run(&CsaIndexBuildGolden);
  const std::vector<int>& rows = outputs.first;
  EXPECT_EQ(std::vector<int>(rows.begin() + 128, rows.begin() + 134),
            (std::vector<int>{131, -1, 129, -1, -1, 130}));
  EXPECT_EQ(std::vector<int>(rows.begin() + 134 + 128, rows.end()),
            (std::vector<int>{-1, -1, 129, -1, -1, 130}));
}

// Nothing compressed is visible before position 3: only the window's block is marked.
TEST(CsaIndexBuildGolden, MaskMarksBlocksWithEntries) {
  Case c({2, 700}, 1, 300, 300);
  for (int& code : c.topk.all()) code = -1;
  c.topk[0] = 129;
  c.topk[300 + 140] = 129 + 100;
  EXPECT_EQ(c.Run(&CsaIndexBuildGolden).second, (std::vector<int>{1, 0, 0, 0, 1, 0, 1, 0}));
}

}  // namespace
}  // namespace kernels
