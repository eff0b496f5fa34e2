#include "kernels/hc_post/hc_post.h"

#include <algorithm>
#include <cstddef>
#include <random>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/golden/rounding.h"
#include "kernels/hc_post/hc_post_golden.h"
#include "tests/kernels/guarded.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

struct Tiles {
  int T_TILE;
  int D_TILE;
};

std::size_t Count(long n) { return static_cast<std::size_t>(n); }

template <typename Stream>
Stream FromFloat(float value) {
  if constexpr (std::is_same_v<Stream, float>) return value;
  else return golden::Bf16Rne(value);
}

// Operands of one size, each ending where memory ends.
template <typename Stream>
struct Case {
  Case(int T, int D)
      : x(Count(T) * Count(D)),
        residual(4 * x.size()),
        post(Count(T) * 4),
        comb(Count(T) * 16),
        y(residual.size()) {
    std::mt19937_64 random(3);
    for (bf16& v : x.all()) v = golden::Bf16Rne(SmallValue(random));
    for (Stream& v : residual.all()) v = FromFloat<Stream>(SmallValue(random));
    for (float& v : post.all()) v = SmallValue(random);
    for (float& v : comb.all()) v = SmallValue(random);
    args = {x.data(), residual.data(), post.data(), comb.data(), y.data(), T, D};
  }

  std::vector<Stream> Outputs(void (*kernel)(const HcPostArgsOf<Stream>&)) {
    y.Poison();
    kernel(args);
    return {y.begin(), y.end()};
  }

  Guarded<bf16> x;
  Guarded<Stream> residual;
  Guarded<float> post, comb;
  Guarded<Stream> y;
  HcPostArgsOf<Stream> args;
};

struct Size {
  int T, D;
};
// Ragged sizes; one column; tiny-flash and tiny-pro (kernels.md, appendix G).
constexpr Size kSizes[] = {{1, 1}, {13, 99}, {5, 515}, {8, 512}, {8, 896}, {3, 17}};

// The kernel has the golden's order of FP32 operations, so not a bit may differ, whatever the
// tiles.
template <auto kTiles>
void ExpectGolden() {
  for (const Size& size : kSizes) {
    Case<float> wide(size.T, size.D);
    EXPECT_EQ(wide.Outputs(&HcPost<kTiles>), wide.Outputs(&HcPostGolden))
        << size.T << 'x' << size.D;
    Case<bf16> narrow(size.T, size.D);
    EXPECT_TRUE(narrow.Outputs(&HcPostBf16<kTiles>) == narrow.Outputs(&HcPostBf16Golden))
        << size.T << 'x' << size.D;
  }
}

TEST(HcPost, EveryTileGivesTheGoldensBits) {
  ExpectGolden<Tiles{4, 512}>();
  ExpectGolden<Tiles{1, 64}>();
  ExpectGolden<Tiles{2, 100}>();
  ExpectGolden<Tiles{3, 7}>();
  ExpectGolden<Tiles{8, 7168}>();
  ExpectGolden<Tiles{32, 4096}>();
}

struct PrefillTiles {
  int T_TILE = 4;
  int D_TILE = 512;
  int INACTIVE_FILL_T_TILE = 16;
  int INACTIVE_FILL_D_TILE = 256;
};

// Rows from num_tokens on are 0, the others as if there were no more.
TEST(HcPost, InactiveTokensGetZeros) {
  for (const int num_tokens : {0, 1, 5, 13, 20}) {
    Case<float> c(13, 99);
    const std::vector<float> all = c.Outputs(&HcPostGolden);
    std::vector<float> expected(all.size(), 0.0f);
    const long active = std::min(num_tokens, 13) * 4 * 99;
    std::copy_n(all.begin(), active, expected.begin());
    c.args.num_tokens = num_tokens;
    EXPECT_EQ(c.Outputs(&HcPostGolden), expected);
    EXPECT_EQ((c.Outputs(&HcPost<Tiles{4, 64}>)), expected);
    EXPECT_EQ(c.Outputs(&HcPostPrefill<PrefillTiles{}>), expected);
    EXPECT_EQ((c.Outputs(&HcPostPrefill<PrefillTiles{3, 64, 1, 10}>)), expected);
  }
}

// y0 = 2·3 + 1·10 + 2·20 + 3·30 + 4·40 by hand; the others have one term each.
TEST(HcPost, ByHand) {
  Case<float> c(1, 1);
  c.x[0] = golden::Bf16Rne(2);
  for (int i = 0; i < 4; ++i) c.residual[Count(i)] = static_cast<float>(i + 1);
  std::fill(c.post.begin(), c.post.end(), 0.0f);
  std::fill(c.comb.begin(), c.comb.end(), 0.0f);
  c.post[0] = 3;
  for (int i = 0; i < 4; ++i) c.comb[Count(4 * i)] = static_cast<float>(10 * (i + 1));
  c.comb[4 * 2 + 1] = 7;  // stream 2 into output 1
  c.post[2] = -1;
  c.comb[4 * 0 + 3] = 0.5f;  // stream 0 into output 3
  const std::vector<float> expected = {306, 21, -2, 0.5f};
  EXPECT_EQ(c.Outputs(&HcPost<Tiles{1, 64}>), expected);
  EXPECT_EQ(c.Outputs(&HcPostGolden), expected);
}

// 2^24 + 1 rounds back to 2^24 in FP32: added one by one the four ones are lost, together they are
// not.
TEST(HcPost, SumsOneAfterTheOther) {
  Case<float> c(1, 1);
  c.x[0] = golden::Bf16Rne(16777216.0f);
  std::fill(c.residual.begin(), c.residual.end(), 1.0f);
  std::fill(c.post.begin(), c.post.end(), 1.0f);
  std::fill(c.comb.begin(), c.comb.end(), 1.0f);
  EXPECT_EQ(c.Outputs(&HcPost<Tiles{1, 64}>), std::vector<float>(4, 16777216.0f));
  EXPECT_EQ(c.Outputs(&HcPostGolden), std::vector<float>(4, 16777216.0f));
}

// 1 + 2^-8 is a tie between 1 and 1 + 2^-7.
TEST(HcPost, Bf16StreamsRoundToEvenAtTheEnd) {
  Case<bf16> c(1, 1);
  c.x[0] = golden::Bf16Rne(1);
  std::fill(c.post.begin(), c.post.end(), 1.00390625f);
  std::fill(c.comb.begin(), c.comb.end(), 0.0f);
  EXPECT_TRUE(c.Outputs(&HcPostBf16<Tiles{1, 64}>) == std::vector<bf16>(4, golden::Bf16Rne(1)));
}

TEST(HcPost, BothContractsAreRegistered) {
  const tilesmith::KernelSpec* wide = tilesmith::Registry::Get().Find("hc_post");
  const tilesmith::KernelSpec* narrow = tilesmith::Registry::Get().Find("hc_post_bf16");
  ASSERT_NE(wide, nullptr);
  ASSERT_NE(narrow, nullptr);
  EXPECT_EQ(wide->family, "hc_post");
  EXPECT_EQ(narrow->family, "hc_post");
  EXPECT_EQ(wide->contract, "V3");
  EXPECT_EQ(narrow->contract, "V2");
  EXPECT_EQ(wide->FindOperand("residual")->dtype, tilesmith::DType::kF32);
  EXPECT_EQ(narrow->FindOperand("residual")->dtype, tilesmith::DType::kBf16);
}

}  // namespace
}  // namespace kernels
