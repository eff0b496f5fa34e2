#include "kernels/hc_pre/hc_pre.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <random>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/golden/rounding.h"
#include "kernels/hc_pre/hc_pre_golden.h"
#include "tests/kernels/guarded.h"

namespace kernels {
namespace {

struct Tiles {
  int T_TILE = 8;
  int COMB_T_TILE = 8;
  int RMS_K_CHUNK = 256;
  int LINEAR_K_CHUNK = 256;
  int D_CHUNK = 256;
  int D_SPMD = 1024;
  int LINEAR_OK = 4;
  int RMS_OK = 16;
  int CAST_K_SPMD = 2048;
};

// The base of a trained layer (kernels.md §11.1).
constexpr float kBase[24] = {5.9166f,  -3.6223f, -2.9324f, -3.3124f, -3.91f,   -.9384f,
                             -3.3256f, -2.524f,  2.0706f,  -2.5728f, .1424f,   -3.9453f,
                             -3.8859f, 3.4634f,  -3.3799f, -2.6077f, -2.7191f, -2.4846f,
                             2.0395f,  -.501f,   -3.5992f, -2.752f,  -3.3493f, 3.1587f};

std::size_t Count(long n) { return static_cast<std::size_t>(n); }

template <typename Stream>
Stream FromFloat(float value) {
  if constexpr (std::is_same_v<Stream, float>) return value;
  else return golden::Bf16Rne(value);
}

struct Results {
  std::vector<float> x_mixed, post, comb;
};

// Operands of one size, each ending where memory ends.
template <typename Stream>
struct Case {
  Case(int T, int D)
      : x(Count(4L * T * D)),
        fn(Count(96L * D)),
        scale(3),
        base(24),
        x_mixed(Count(long{T} * D)),
        post(Count(4L * T)),
        comb(Count(16L * T)),
        wide(x.size()),
        squares(Count(64L * T)),
        partials(Count(64L * T * 24)),
        mixes(Count(24L * T)),
        pre(Count(4L * T)) {
    std::mt19937_64 random(5);
    for (Stream& v : x) v = FromFloat<Stream>(SmallValue(random));
    for (float& v : fn) v = SmallValue(random);
    std::fill(scale.begin(), scale.end(), 0.1f);
    std::copy_n(kBase, 24, base.begin());
    args = {x.data(),
            fn.data(),
            scale.data(),
            base.data(),
            x_mixed.data(),
            post.data(),
            comb.data(),
            wide.data(),
            squares.data(),
            partials.data(),
            mixes.data(),
            pre.data(),
            T,
            D};
  }

  Results Run(void (*kernel)(const HcPreArgsOf<Stream>&)) {
    for (auto* floats : {&post, &comb, &wide, &squares, &partials, &mixes, &pre}) floats->Poison();
    x_mixed.Poison();
    kernel(args);
    Results results{{}, {post.begin(), post.end()}, {comb.begin(), comb.end()}};
    for (const bf16 v : x_mixed) results.x_mixed.push_back(golden::ToFloat(v));
    return results;
  }

  Guarded<Stream> x;
  Guarded<float> fn, scale, base;
  Guarded<bf16> x_mixed;
  Guarded<float> post, comb, wide, squares, partials, mixes, pre;
  HcPreArgsOf<Stream> args;
};

void ExpectNear(const std::vector<float>& actual, const std::vector<float>& expected, float atol,
                float rtol) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_LE(std::fabs(actual[i] - expected[i]), atol + rtol * std::fabs(expected[i])) << i;
  }
}

void ExpectNear(const Results& actual, const Results& expected) {
  ExpectNear(actual.x_mixed, expected.x_mixed, 1e-4f, 1.0f / 128);
  ExpectNear(actual.post, expected.post, 2.5e-5f, 1e-4f);
  ExpectNear(actual.comb, expected.comb, 2.5e-5f, 1e-4f);
}

struct Size {
  int T, D;
};
// One column, ragged, more than one linear tile of tokens, tiny-flash and tiny-pro.
constexpr Size kSizes[] = {{1, 1}, {3, 99}, {17, 33}, {8, 512}, {5, 896}};

template <auto kTiles>
void ExpectGolden() {
  for (const Size& size : kSizes) {
    SCOPED_TRACE(testing::Message() << size.T << 'x' << size.D);
    Case<float> wide(size.T, size.D);
    ExpectNear(wide.Run(&HcPre<kTiles>), wide.Run(&HcPreGolden));
    Case<bf16> narrow(size.T, size.D);
    ExpectNear(narrow.Run(&HcPreBf16<kTiles>), narrow.Run(&HcPreBf16Golden));
  }
}

TEST(HcPre, AgreesWithTheGolden) {
  ExpectGolden<Tiles{}>();
  ExpectGolden<Tiles{.T_TILE = 1, .COMB_T_TILE = 3, .D_CHUNK = 7, .D_SPMD = 20, .RMS_OK = 1}>();
  ExpectGolden<Tiles{.RMS_K_CHUNK = 5, .LINEAR_K_CHUNK = 3, .LINEAR_OK = 64, .RMS_OK = 64}>();
  ExpectGolden<Tiles{.T_TILE = 32, .COMB_T_TILE = 32, .LINEAR_OK = 1, .CAST_K_SPMD = 10}>();
}

template <typename Stream>
void ExpectClosedForm(const Results& r) {
  // kernels.md §11.1: what mixes of 0 give, six decimals.
  ExpectNear(r.post, {.039294f, .562447f, .069407f, .148385f}, 1e-6f, 0);
  ExpectNear(r.comb,
             {.967602f, .002476f, .050222f, .000364f, .002388f, .985369f, .001413f, .001318f,
              .022712f, .007632f, .945021f, .032131f, .007297f, .004522f, .003343f, .966187f},
             1e-6f, 0);
  EXPECT_EQ(r.x_mixed, std::vector<float>(2, 0.0f));
}

TEST(HcPre, ZeroStreamsGiveTheClosedForm) {
  Case<float> wide(1, 2);
  std::fill(wide.x.begin(), wide.x.end(), 0.0f);
  ExpectClosedForm<float>(wide.Run(&HcPreGolden));
  ExpectClosedForm<float>(wide.Run(&HcPre<Tiles{}>));
  Case<bf16> narrow(1, 2);
  std::fill(narrow.x.begin(), narrow.x.end(), bf16{});
  ExpectClosedForm<bf16>(narrow.Run(&HcPreBf16Golden));
  ExpectClosedForm<bf16>(narrow.Run(&HcPreBf16<Tiles{}>));
}

// pre of a zero mix, read off x_mixed: stream i alone is 1. Five decimals of it survive where bf16
// keeps eight bits, so the streams hold 2^12 and the tolerance is a bf16 unit.
TEST(HcPre, PreWeighsItsOwnStream) {
  constexpr float kPre[] = {.997314f, .026027f, .050576f, .035149f};
  for (int i = 0; i < 4; ++i) {
    Case<float> c(1, 1);
    std::fill(c.x.begin(), c.x.end(), 0.0f);
    std::fill(c.fn.begin(), c.fn.end(), 0.0f);
    c.x[Count(i)] = 4096;
    ExpectNear(c.Run(&HcPreGolden).x_mixed, {4096 * kPre[i]}, 0, 1.0f / 256);
    ExpectNear(c.Run(&HcPre<Tiles{}>).x_mixed, {4096 * kPre[i]}, 0, 1.0f / 256);
  }
}

// A base of 100 saturates the sigmoid: pre = 1 + 1e-6 = 1 + 2^-20 in FP32, whatever the streams.
template <typename Stream>
Case<Stream>& Saturate(Case<Stream>& c, const std::vector<float>& streams) {
  std::fill(c.fn.begin(), c.fn.end(), 0.0f);
  std::fill_n(c.base.begin(), 4, 100.0f);
  for (std::size_t i = 0; i < 4; ++i) c.x[i] = FromFloat<Stream>(streams[i]);
  return c;
}

// (1 + 2^-20)·(1, 2^-8, −2^-20) add up to 1 + 2^-8 exactly, a tie between 1 and 1 + 2^-7.
TEST(HcPre, ContractsRoundTiesApart) {
  const std::vector<float> streams = {1, 0x1p-8f, -0x1p-20f, 0};
  Case<float> wide(1, 1);
  Saturate(wide, streams);
  EXPECT_EQ(wide.Run(&HcPreGolden).x_mixed, std::vector<float>{1.0f});
  EXPECT_EQ(wide.Run(&HcPre<Tiles{}>).x_mixed, std::vector<float>{1.0f});
  Case<bf16> narrow(1, 1);
  Saturate(narrow, streams);
  EXPECT_EQ(narrow.Run(&HcPreBf16Golden).x_mixed, std::vector<float>{1.0078125f});
  EXPECT_EQ(narrow.Run(&HcPreBf16<Tiles{}>).x_mixed, std::vector<float>{1.0078125f});
}

// 2^25 swallows the 1 that is added to it. In pairs both ones are lost, one by one only the first.
TEST(HcPre, ContractsAddInTheirOrder) {
  const std::vector<float> streams = {0x1p25f, 1, -0x1p25f, 1};
  Case<float> wide(1, 1);
  Saturate(wide, streams);
  EXPECT_EQ(wide.Run(&HcPreGolden).x_mixed, std::vector<float>{0.0f});
  EXPECT_EQ(wide.Run(&HcPre<Tiles{}>).x_mixed, std::vector<float>{0.0f});
  Case<bf16> narrow(1, 1);
  Saturate(narrow, streams);
  EXPECT_EQ(narrow.Run(&HcPreBf16Golden).x_mixed, std::vector<float>{1.0f});
  EXPECT_EQ(narrow.Run(&HcPreBf16<Tiles{}>).x_mixed, std::vector<float>{1.0f});
}

// Mixes of thousands: sigmoids of 0 and 1, a softmax of one element, and nothing becomes NaN.
TEST(HcPre, SurvivesSaturation) {
  Case<float> c(5, 64);
  for (float& v : c.fn) v *= 1e4f;
  ExpectNear(c.Run(&HcPre<Tiles{}>), c.Run(&HcPreGolden));
  for (const float v : c.Run(&HcPreGolden).comb) EXPECT_TRUE(std::isfinite(v));
}

// Sinkhorn's purpose: the columns, normalised last, sum to 1.
TEST(HcPre, ColumnsOfCombSumToOne) {
  Case<float> c(3, 40);
  const std::vector<float> comb = c.Run(&HcPre<Tiles{}>).comb;
  for (std::size_t t = 0; t < 3; ++t) {
    for (std::size_t o = 0; o < 4; ++o) {
      float sum = 0;
      for (std::size_t i = 0; i < 4; ++i) sum += comb[t * 16 + i * 4 + o];
      EXPECT_NEAR(sum, 1, 1e-5);
    }
  }
}

}  // namespace
}  // namespace kernels
