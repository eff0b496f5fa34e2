#include "kernels/moe_combine/moe_combine.h"

#include <algorithm>
#include <cstddef>
#include <random>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/golden/rounding.h"
#include "kernels/moe_combine/moe_combine_golden.h"
#include "tests/kernels/guarded.h"

namespace kernels {
namespace {

struct Tiles {
  int TOKENS_PER_TASK;
  int D_TILE;
};

std::size_t Count(long n) { return static_cast<std::size_t>(n); }

std::vector<float> Floats(Guarded<bf16>& values) {
  std::vector<float> floats;
  for (const bf16 v : values) floats.push_back(golden::ToFloat(v));
  return floats;
}

// Operands of one size, each ending where memory ends.
struct Case {
  Case(int T, int D, int top_k, int active)
      : sh(Count(T * D)), routed(Count(T * top_k * D)), out(sh.size()) {
    std::mt19937_64 random(3);
    for (Guarded<bf16>* values : {&sh, &routed}) {
      for (bf16& v : values->all()) v = golden::Bf16Rne(SmallValue(random));
    }
    args = {sh.data(), routed.data(), out.data(), T, D, top_k, active};
  }
  std::vector<float> Run(void (*kernel)(const MoeCombineArgs&)) {
    out.Poison();
    kernel(args);
    return Floats(out);
  }

  Guarded<bf16> sh, routed, out;
  MoeCombineArgs args;
};

// `experts` experts of `rows` rows each; expert e takes e of them, tokens in a row of their own.
struct V1Case {
  V1Case(int T, int D, int experts, int rows)
      : sh(Count(T * D)),
        y(Count(experts * rows * D)),
        token(Count(experts * rows)),
        weights(token.size()),
        count(Count(experts)),
        out(sh.size()),
        sums(sh.size()) {
    std::mt19937_64 random(4);
    for (Guarded<bf16>* values : {&sh, &y}) {
      for (bf16& v : values->all()) v = golden::Bf16Rne(SmallValue(random));
    }
    for (float& v : weights) v = SmallValue(random);
    for (int e = 0; e < experts; ++e) {
      count[Count(e)] = e % (std::min(T, rows) + 1);
      for (int i = 0; i < count[Count(e)]; ++i) token[Count(e * rows + i)] = (7 * e + i) % T;
    }
    args = {
        sh.data(), y.data(), token.data(), weights.data(), count.data(), out.data(), sums.data(), T,
        D,         experts,  rows};
  }
  std::vector<float> Run(void (*kernel)(const MoeCombineV1Args&)) {
    out.Poison();
    sums.Poison();
    kernel(args);
    return Floats(out);
  }

  Guarded<bf16> sh, y;
  Guarded<int> token;
  Guarded<float> weights;
  Guarded<int> count;
  Guarded<bf16> out;
  Guarded<float> sums;
  MoeCombineV1Args args;
};

// The kernels keep the goldens' order of FP32 operations: not a bit may differ.
template <auto kTiles>
void ExpectGolden() {
  for (const int D : {1, 99, 512, 896}) {
    for (const int T : {1, 5, 13}) {
      SCOPED_TRACE(testing::Message() << T << 'x' << D);
      for (const int active : {0, 3, 13}) {
        Case c(T, D, 6, active);
        EXPECT_EQ(c.Run(&MoeCombine<kTiles>), c.Run(&MoeCombineGolden));
      }
      V1Case v1(T, D, 9, 6);
      EXPECT_EQ(v1.Run(&MoeCombineV1<kTiles>), v1.Run(&MoeCombineV1Golden));
    }
  }
}

TEST(MoeCombine, EveryTileGivesTheGoldensBits) {
  ExpectGolden<Tiles{1, 1024}>();
  ExpectGolden<Tiles{4, 64}>();
  ExpectGolden<Tiles{3, 100}>();
  ExpectGolden<Tiles{32, 7}>();
}

// 2^24 + 1 is 2^24 in FP32: added one by one the ones are lost, together they are not; and the
// −2^24 that comes last leaves 0 of them, the one that comes first all.
TEST(MoeCombine, AddsRoutesInTheirOrder) {
  Case c(1, 1, 3, 1);
  c.sh[0] = golden::Bf16Rne(0x1p24f);
  for (std::size_t k = 0; k < 2; ++k) c.routed[k] = golden::Bf16Rne(1);
  c.routed[2] = golden::Bf16Rne(-0x1p24f);
  EXPECT_EQ(c.Run(&MoeCombineGolden), std::vector<float>{0});
  EXPECT_EQ((c.Run(&MoeCombine<Tiles{1, 64}>)), std::vector<float>{0});
  std::swap(c.routed[0], c.routed[2]);
  EXPECT_EQ(c.Run(&MoeCombineGolden), std::vector<float>{2});
  EXPECT_EQ((c.Run(&MoeCombine<Tiles{1, 64}>)), std::vector<float>{2});
}

TEST(MoeCombine, InactiveTokensAreTheSharedExpertsAlone) {
  Case c(2, 1, 2, 1);
  c.sh[0] = c.sh[1] = golden::Bf16Rne(1);
  for (bf16& v : c.routed) v = golden::Bf16Rne(2);
  const std::vector<float> expected = {5, 1};
  EXPECT_EQ(c.Run(&MoeCombineGolden), expected);
  EXPECT_EQ((c.Run(&MoeCombine<Tiles{1, 64}>)), expected);
}

// Two experts, three rows each, two and one of them taken: token 1 gets 0.5·4 + 0.25·8.
TEST(MoeCombine, V1WeighsRowsByHand) {
  V1Case c(2, 1, 2, 3);
  c.sh[0] = golden::Bf16Rne(1);
  c.sh[1] = golden::Bf16Rne(-2);
  const float y[] = {4, 16, 99, 8, 99, 99}, weights[] = {.5f, 2, 99, .25f, 99, 99};
  const int tokens[] = {1, 0, 0, 1, 0, 0};
  for (std::size_t i = 0; i < 6; ++i) {
    c.y[i] = golden::Bf16Rne(y[i]);
    c.weights[i] = weights[i];
    c.token[i] = tokens[i];
  }
  c.count[0] = 2;
  c.count[1] = 1;
  const std::vector<float> expected = {33, 2};
  EXPECT_EQ(c.Run(&MoeCombineV1Golden), expected);
  EXPECT_EQ((c.Run(&MoeCombineV1<Tiles{1, 64}>)), expected);
}

// Without routes a bf16 goes through unchanged, whatever it is.
TEST(MoeCombine, TokensWithoutRowsKeepTheirBits) {
  V1Case c(5, 40, 1, 3);  // expert 0 takes none
  const std::vector<float> expected = Floats(c.sh);
  EXPECT_EQ((c.Run(&MoeCombineV1<Tiles{2, 16}>)), expected);
}

}  // namespace
}  // namespace kernels
