// Contract V0 of compressor_ratio4, indexer_compressor and compressor_ratio128.

#include <algorithm>
#include <cstddef>
#include <random>
#include <span>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/compressor_ratio128/compressor_ratio128_golden.h"
#include "kernels/compressor_ratio4/compressor_ratio4_golden.h"
#include "kernels/golden/rounding.h"
#include "kernels/indexer_compressor/indexer_compressor_golden.h"
#include "tests/kernels/compressor/expectations.h"
#include "tests/kernels/guarded.h"

namespace kernels {
namespace {

using compressor::ExpectClose;
using compressor::ExpectZero;

struct Tiles {
  int K_CHUNK = 64;
  int OUT_CHUNK = 96;
  int HEAD_CHUNK = 48;
  int HEAD_DIM_CHUCK = 32;
  int ROPE_CHUCK = 32;
};

template <typename T>
std::vector<float> Widened(Guarded<T>& from) {
  std::vector<float> wide;
  for (const T& value : from.all()) {
    if constexpr (std::is_same_v<T, float>) wide.push_back(value);
    else wide.push_back(golden::ToFloat(value));
  }
  return wide;
}

template <typename... Buffers>
void FillAll(std::mt19937_64& random, Buffers&... buffers) {
  const auto fill = [&](auto& buffer) {
    for (auto& value : buffer.all()) {
      if constexpr (std::is_same_v<std::remove_reference_t<decltype(value)>, float>) {
        value = SmallValue(random);
      } else {
        value = golden::Bf16Rne(SmallValue(random));
      }
    }
  };
  (fill(buffers), ...);
}

// Two batches, one token each.
template <typename Shape>
struct Case {
  using Args = compressor::ContiguousArgs<Shape>;
  static constexpr std::size_t kOut = compressor::kOutDim<Shape>, kHead = Shape::kHeadDim;

  explicit Case(int position, int D = 40, int rotate = 0)
      : x(2 * Size(D)), wkv(kOut * Size(D)), wgate(wkv.size()) {
    std::mt19937_64 random(3);
    FillAll(random, x, wkv, wgate, hadamard, cache, ape, norm_w, cos, sin, kv_state, score_state);
    args = {x.data(),
            wkv.data(),
            wgate.data(),
            ape.data(),
            norm_w.data(),
            cos.data(),
            sin.data(),
            hadamard.data(),
            kv_state.data(),
            score_state.data(),
            cache.data(),
            kv.data(),
            kv_proj.data(),
            score_proj.data(),
            pooled.data(),
            2,
            1,
            D,
            5,
            position,
            rotate};
  }
  static std::size_t Size(int n) { return static_cast<std::size_t>(n); }

  Guarded<bf16> x, wkv, wgate, hadamard{kHead * kHead}, cache{2 * 5 * kHead};
  Guarded<float> ape{4 * kOut}, norm_w{kHead}, cos{32}, sin{32}, kv_state{16 * kOut},
      score_state{16 * kOut}, kv{2 * kHead}, kv_proj{2 * kOut}, score_proj{2 * kOut},
      pooled{2 * kHead};
  Args args{};
};

template <typename Shape>
void ExpectAgreement(void (*kernel)(const compressor::ContiguousArgs<Shape>&),
                     void (*golden)(const compressor::ContiguousArgs<Shape>&), int rotate) {
  for (const int position : {0, 3, 6, 7, 11}) {
    Case<Shape> a(position, 40, rotate), e(position, 40, rotate);
    kernel(a.args);
    golden(e.args);
    // Three roundings to bf16 on the way, each of which may go either way.
    ExpectClose(Widened(a.kv), Widened(e.kv), 0.05f, 1.0f / 32);
    ExpectClose(Widened(a.cache), Widened(e.cache), 0.05f, 1.0f / 32);
    ExpectClose(Widened(a.kv_state), Widened(e.kv_state), 1e-3f, 1e-3f);
    ExpectClose(Widened(a.score_state), Widened(e.score_state), 1e-3f, 1e-3f);
  }
}

TEST(CompressorV0, AgreesWithTheGolden) {
  for (const int rotate : {0, 1}) {
    ExpectAgreement<compressor::Ratio4>(&CompressorRatio4V0<Tiles{}>, &CompressorRatio4V0Golden,
                                        rotate);
    ExpectAgreement<compressor::Indexer>(&IndexerCompressorV0<Tiles{}>, &IndexerCompressorV0Golden,
                                         rotate);
  }
}

using Kernel4 = void (*)(const CompressorRatio4V0Args&);
class Ratio4V0 : public testing::TestWithParam<Kernel4> {};

// Once its window is pooled, the later half of the slots is the earlier one, all columns of it.
TEST_P(Ratio4V0, WindowUnderWayBecomesThePrevious) {
  Case<compressor::Ratio4> c(7);
  const std::vector<float> before = Widened(c.kv_state);
  GetParam()(c.args);
  for (Guarded<float>* state : {&c.kv_state, &c.score_state}) {
    for (std::size_t b = 0; b < 2; ++b) {
      const std::span<const float> slots = state->all().subspan(b * 8 * 1024, 8 * 1024);
      EXPECT_TRUE(std::ranges::equal(slots.first(4 * 1024), slots.last(4 * 1024)));
    }
  }
  // Slots 4…6 stay, slot 7 is the token's.
  EXPECT_TRUE(std::ranges::equal(c.kv_state.all().subspan(4 * 1024, 3 * 1024),
                                 std::span(before).subspan(4 * 1024, 3 * 1024)));
}

TEST_P(Ratio4V0, NoBoundaryStoresTheTokenOnly) {
  Case<compressor::Ratio4> c(9);
  const std::vector<float> kv_before = Widened(c.kv_state), cache_before = Widened(c.cache);
  GetParam()(c.args);
  ExpectZero(c.kv.all());
  EXPECT_EQ(Widened(c.cache), cache_before);
  for (std::size_t i = 0; i < kv_before.size(); ++i) {
    const bool is_slot_5 = i / 1024 % 8 == 5;  // 4 + 9 % 4
    ASSERT_EQ(c.kv_state[i] != kv_before[i], is_slot_5) << i;
  }
}

// Even columns pool to 1 + 2^-8 − 2^-12, odd ones to 1. Rounded to bf16 all are 1, the norm leaves
// γ = 1.003, which rounds to 1 too. Without the first rounding even columns would become 1.0018·γ =
// 1.0048, beyond the tie at 1.0039; without the second, kv would be 1.003.
TEST_P(Ratio4V0, RoundsBetweenTheSteps) {
  Case<compressor::Ratio4> c(7, 1);
  c.x[0] = c.x[1] = {};
  for (Guarded<float>* zero : {&c.score_state, &c.sin}) std::ranges::fill(zero->all(), 0.0f);
  std::ranges::fill(c.cos.all(), 1.0f);
  std::ranges::fill(c.ape.all(), -200.0f);
  std::ranges::fill(c.norm_w.all(), 1.003f);
  for (std::size_t i = 0; i < c.kv_state.size(); ++i) {
    c.kv_state[i] = i % 2 == 0 ? 1.0f + 0x1p-8f - 0x1p-12f : 1.0f;
  }
  GetParam()(c.args);
  for (std::size_t i = 0; i < 512; ++i) ASSERT_EQ(c.kv[i], 1.0f) << i;
  for (std::size_t i = 0; i < 512; ++i) ASSERT_EQ(golden::ToFloat(c.cache[512 + i]), 1.0f);
}

INSTANTIATE_TEST_SUITE_P(CompressorV0, Ratio4V0,
                         testing::Values(&CompressorRatio4V0Golden, &CompressorRatio4V0<Tiles{}>),
                         [](const auto& kernel) {
                           return kernel.index == 0 ? "Golden" : "Kernel";
                         });

struct Case128 {
  explicit Case128(int position, int D = 40)
      : x(2 * static_cast<std::size_t>(D)),
        wkv(512 * static_cast<std::size_t>(D)),
        wgate(wkv.size()) {
    std::mt19937_64 random(3);
    FillAll(random, x, wkv, wgate, norm_w, cos, sin, ape, kv_state, score_state);
    args = {x.data(),
            wkv.data(),
            wgate.data(),
            ape.data(),
            norm_w.data(),
            cos.data(),
            sin.data(),
            kv_state.data(),
            score_state.data(),
            out.data(),
            kv_proj.data(),
            score_proj.data(),
            pooled.data(),
            2,
            1,
            D,
            position};
  }

  Guarded<bf16> x, wkv, wgate, norm_w{512}, cos{32}, sin{32}, out{2 * 512};
  Guarded<float> ape{128 * 512}, kv_state{2 * 128 * 512}, score_state{2 * 128 * 512},
      kv_proj{2 * 512}, score_proj{2 * 512}, pooled{2 * 512};
  CompressorRatio128V0Args args{};
};

TEST(CompressorRatio128V0, AgreesWithTheGolden) {
  for (const int position : {0, 126, 127, 255}) {
    Case128 a(position), e(position);
    CompressorRatio128V0<Tiles{}>(a.args);
    CompressorRatio128V0Golden(e.args);
    ExpectClose(Widened(a.out), Widened(e.out), 1e-4f, 1.0f / 128);
    ExpectClose(Widened(a.kv_state), Widened(e.kv_state), 1e-3f, 1e-3f);
    ExpectClose(Widened(a.score_state), Widened(e.score_state), 1e-3f, 1e-3f);
    if (position % 128 != 127) ExpectZero(Widened(a.out));
  }
}

// The rotation turns column 448 + i with 480 + i: (2, −2) by a quarter gives (2, 2).
TEST(CompressorRatio128V0, TurnsHalves) {
  for (const auto kernel : {&CompressorRatio128V0Golden, &CompressorRatio128V0<Tiles{}>}) {
    Case128 c(127, 1);
    c.x[0] = c.x[1] = {};
    std::ranges::fill(c.score_state.all(), 0.0f);
    std::ranges::fill(c.ape.all(), -200.0f);
    std::ranges::fill(c.norm_w.all(), golden::Bf16Rne(2));
    std::ranges::fill(c.cos.all(), golden::Bf16Rne(0));
    std::ranges::fill(c.sin.all(), golden::Bf16Rne(1));
    for (std::size_t i = 0; i < c.kv_state.size(); ++i) {
      c.kv_state[i] = i % 512 >= 480 ? -7.0f : 7.0f;
    }
    kernel(c.args);
    for (std::size_t i = 0; i < 512; ++i) ASSERT_EQ(golden::ToFloat(c.out[i]), 2.0f) << i;
  }
}

}  // namespace
}  // namespace kernels
