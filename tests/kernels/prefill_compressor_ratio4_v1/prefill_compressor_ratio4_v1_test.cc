#include "kernels/prefill_compressor_ratio4_v1/prefill_compressor_ratio4_v1.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstddef>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/golden/rounding.h"
#include "kernels/prefill_compressor_ratio4_v1/prefill_compressor_ratio4_v1_golden.h"
#include "tests/kernels/guarded.h"

namespace kernels {
namespace {

struct Tiles {
  int K_CHUNK = 512;
  int OUT_CHUNK = 32;
  int HEAD_CHUNK = 32;
  int ROPE_CHUCK = 32;
};

constexpr auto kGolden = &PrefillCompressorRatio4V1Golden;
constexpr auto kKernel = &PrefillCompressorRatio4V1<Tiles{}>;

std::size_t Count(long n) { return static_cast<std::size_t>(n); }

// Operands of one size, each ending where memory ends; outputs are poisoned, the cache and the
// states hold numbers that must survive where nothing is written.
struct Case {
  Case(int B, int S, int D)
      : x(Count(B) * Count(S) * Count(D)),
        wkv(Count(D) * 1024),
        wgate(wkv.size()),
        ape(4 * 1024),
        norm_w(512),
        cos(Count(S / 4) * 32),
        sin(cos.size()),
        kv_state(Count(B) * 8 * 1024),
        score_state(kv_state.size()),
        kv(Count(B) * Count(S / 4) * 512),
        kv_cache(Count(B) * Count(S / 4 + 1) * 512),
        kv_rows(Count(B) * Count(S) * 1024),
        score_rows(kv_rows.size()),
        pooled(Count(B) * Count(S) * 512) {
    std::mt19937_64 random(23);
    const float unit = 1 / std::sqrt(static_cast<float>(D));
    for (bf16& v : x.all()) v = golden::Bf16Rne(SmallValue(random));
    for (bf16& v : wkv.all()) v = golden::Bf16Rne(2 * unit * SmallValue(random));
    for (bf16& v : wgate.all()) v = golden::Bf16Rne(2 * unit * SmallValue(random));
    for (float& v : ape.all()) v = SmallValue(random);
    for (float& v : norm_w.all()) v = 1 + 0.5f * SmallValue(random);
    for (std::size_t i = 0; i < cos.size(); ++i) {
      const float angle = 3 * SmallValue(random);
      cos[i] = std::cos(angle);
      sin[i] = std::sin(angle);
    }
    args = {x.data(),
            wkv.data(),
            wgate.data(),
            ape.data(),
            norm_w.data(),
            cos.data(),
            sin.data(),
            kv_state.data(),
            score_state.data(),
            kv.data(),
            kv_cache.data(),
            kv_rows.data(),
            score_rows.data(),
            pooled.data(),
            B,
            S,
            D,
            S / 4,
            S / 4 + 1};
  }

  // kv, the states and the cache, one after the other.
  std::vector<float> Outputs(void (*kernel)(const PrefillCompressorV1Args&)) {
    kv.Poison();
    for (Guarded<float>* scratch : {&kv_rows, &score_rows, &pooled}) scratch->Poison();
    std::fill(kv_state.begin(), kv_state.end(), -7.0f);
    std::fill(score_state.begin(), score_state.end(), -FLT_MAX);
    std::fill(kv_cache.begin(), kv_cache.end(), golden::Bf16Rne(-9));
    kernel(args);
    std::vector<float> out(kv.begin(), kv.end());
    out.insert(out.end(), kv_state.begin(), kv_state.end());
    out.insert(out.end(), score_state.begin(), score_state.end());
    for (bf16 value : kv_cache.all()) out.push_back(golden::ToFloat(value));
    return out;
  }

  Guarded<bf16> x, wkv, wgate;
  Guarded<float> ape, norm_w, cos, sin, kv_state, score_state, kv;
  Guarded<bf16> kv_cache;
  Guarded<float> kv_rows, score_rows, pooled;
  PrefillCompressorV1Args args;
};

struct Size {
  int B, S, D;
};
constexpr Size kSizes[] = {{1, 1, 1}, {1, 3, 40}, {1, 4, 33}, {2, 5, 17}, {3, 11, 24}, {1, 12, 99}};

// Rounding to bf16 three times may go the other way at a tie: two units, and what a rotation makes
// of them.
TEST(PrefillCompressorRatio4V1, AgreesWithTheGolden) {
  for (const Size& size : kSizes) {
    Case c(size.B, size.S, size.D);
    const std::vector<float> actual = c.Outputs(kKernel), expected = c.Outputs(kGolden);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      ASSERT_LE(std::fabs(actual[i] - expected[i]), 1e-3f + std::fabs(expected[i]) / 64) << i;
    }
  }
}

template <auto kTiles>
void ExpectSameBitsAsTheDefault() {
  for (const Size& size : kSizes) {
    Case c(size.B, size.S, size.D);
    EXPECT_EQ(c.Outputs(&PrefillCompressorRatio4V1<kTiles>), c.Outputs(kKernel));
  }
}

TEST(PrefillCompressorRatio4V1, EveryTileGivesTheSameBits) {
  ExpectSameBitsAsTheDefault<Tiles{.K_CHUNK = 64, .OUT_CHUNK = 16, .HEAD_CHUNK = 512}>();
  ExpectSameBitsAsTheDefault<Tiles{.K_CHUNK = 7, .OUT_CHUNK = 100, .ROPE_CHUCK = 8}>();
  ExpectSameBitsAsTheDefault<Tiles{.HEAD_CHUNK = 160, .ROPE_CHUCK = 64}>();
}

// A prompt of 4n + r tokens: slots 0 … 3 are the last whole window's, slots 4 … 3 + r the rest's;
// the others stay. One inner column, so that a token's kv is its x.
TEST(PrefillCompressorRatio4V1, StateHoldsTheLastWindowAndTheRest) {
  for (auto kernel : {kGolden, kKernel}) {
    for (int S : {3, 4, 6, 11}) {
      Case c(1, S, 1);
      std::fill(c.wkv.begin(), c.wkv.end(), golden::Bf16Rne(1));
      for (int s = 0; s < S; ++s) c.x[Count(s)] = golden::Bf16Rne(static_cast<float>(s + 1));
      c.Outputs(kernel);
      const int cutoff = S - S % 4;
      for (int slot = 0; slot < 8; ++slot) {
        const int s = cutoff - 4 + slot;
        const float expected = s >= 0 && s < S ? static_cast<float>(s + 1) : -7;
        EXPECT_EQ(c.kv_state[Count(slot) * 1024 + 500], expected) << S << " slot " << slot;
      }
      EXPECT_EQ(c.score_state[7 * 1024], -FLT_MAX);
    }
  }
}

// Scores of ±100·x pick the largest token of a window in even columns and the smallest in odd ones.
TEST(PrefillCompressorRatio4V1, WindowsOverlapByFour) {
  for (auto kernel : {kGolden, kKernel}) {
    Case c(1, 9, 1);
    const float tokens[] = {9, 2, 3, 0.5f, 4, 5, 6, 7, 100};
    for (std::size_t s = 0; s < 9; ++s) c.x[s] = golden::Bf16Rne(tokens[s]);
    std::fill(c.ape.begin(), c.ape.end(), 0.0f);
    std::fill(c.norm_w.begin(), c.norm_w.end(), 1.0f);
    std::fill(c.cos.begin(), c.cos.end(), 1.0f);
    std::fill(c.sin.begin(), c.sin.end(), 0.0f);
    std::fill(c.wkv.begin(), c.wkv.end(), golden::Bf16Rne(1));
    for (std::size_t i = 0; i < 1024; ++i) {
      c.wgate[i] = golden::Bf16Rne(i % 2 == 0 ? 100.0f : -100.0f);
    }
    c.Outputs(kernel);
    // Both windows see 9 and 0.5: the first as its own, the second as its front.
    const float rms = std::sqrt((81 + 0.25f) / 2);
    for (const std::size_t row : {0u, 1u}) {
      for (const std::size_t i : {0u, 446u, 510u}) {
        EXPECT_NEAR(c.kv[row * 512 + i], 9 / rms, 0.01);
        EXPECT_NEAR(c.kv[row * 512 + i + 1], 0.5f / rms, 0.001);
        EXPECT_EQ(golden::ToFloat(c.kv_cache[row * 512 + i]), c.kv[row * 512 + i]);
      }
    }
    EXPECT_EQ(golden::ToFloat(c.kv_cache[2 * 512]), -9);  // of no window
  }
}

// Row c of the tables turns row c: a quarter turn takes (x, y) to (−y, x).
TEST(PrefillCompressorRatio4V1, TablesAreByWindow) {
  for (auto kernel : {kGolden, kKernel}) {
    Case c(1, 8, 3);
    std::fill(c.cos.begin(), c.cos.end(), 0.0f);
    std::fill(c.sin.begin(), c.sin.end(), 0.0f);
    std::fill(c.cos.begin(), c.cos.begin() + 32, 1.0f);  // the first window is not turned
    c.Outputs(kernel);
    const std::vector<float> plain(c.kv.begin(), c.kv.end());
    std::fill(c.sin.begin() + 32, c.sin.end(), 1.0f);
    c.Outputs(kernel);
    EXPECT_TRUE(std::equal(plain.begin(), plain.begin() + 960, c.kv.begin()));
    const std::vector<float> turned(c.kv.begin() + 960, c.kv.end());
    for (std::size_t i = 0; i < 64; ++i) EXPECT_EQ(plain[960 + i], 0) << "cos 0 and sin 0";
    std::fill(c.cos.begin() + 32, c.cos.end(), 1.0f);
    std::fill(c.sin.begin() + 32, c.sin.end(), 0.0f);
    c.Outputs(kernel);
    for (std::size_t i = 0; i < 64; i += 2) {
      EXPECT_EQ(turned[i], -c.kv[960 + i + 1]);
      EXPECT_EQ(turned[i + 1], c.kv[960 + i]);
    }
  }
}

}  // namespace
}  // namespace kernels
