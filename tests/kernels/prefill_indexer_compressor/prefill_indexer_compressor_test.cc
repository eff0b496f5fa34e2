#include "kernels/prefill_indexer_compressor/prefill_indexer_compressor.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/golden/rounding.h"
#include "kernels/prefill_indexer_compressor/prefill_indexer_compressor_golden.h"
#include "tests/kernels/prefill_compressor/prefill_case.h"

namespace kernels {
namespace {

struct Tiles {
  int OUT_TILE = 64;
  int K_TILE = 512;
  int HEAD_CHUNK = 32;
  int HEAD_TILE = 64;
  int PACKED_RMS_TILE = 16;
  int PACKED_STATE_UPDATE_TILE = 16;
};

constexpr auto kGolden = &PrefillIndexerCompressorGolden;
constexpr auto kKernel = &PrefillIndexerCompressor<Tiles{}>;
constexpr std::size_t kHead = 128;

// The attention's chunk and what the indexer has besides.
class Case : public PrefillCase<PrefillIndexerRatio4> {
 public:
  explicit Case(const PrefillSize& size, bool one_pool = false)
      : PrefillCase(size, one_pool),
        hadamard(kHead * kHead),
        rounded(Count(size.T) * kHead),
        product(rounded.size()),
        kv_rows(Count(size.T / 4) * kHead),
        kv_codes(kv_rows.size()),
        codes(cmp_kv.size()),
        scales(cmp_kv.size() / kHead) {
    std::mt19937_64 random(31);
    for (bf16& v : hadamard.all()) v = golden::Bf16Rne(0.15f * SmallValue(random));
    args.hadamard = hadamard.data();
    args.rounded = rounded.data();
    args.product = product.data();
    if (!one_pool) {
      args.kv_rows = kv_rows.data();
      return;
    }
    args.cmp_kv = nullptr;
    args.kv_codes = kv_codes.data();
    args.idx_kv_cache = codes.data();
    args.idx_kv_scale = scales.data();
  }

  void UseIdentity() {
    for (std::size_t i = 0; i < hadamard.size(); ++i) {
      hadamard[i] = golden::Bf16Rne(i / kHead == i % kHead ? 1.0f : 0.0f);
    }
  }

  // V2: the states and the cache; kv and the V3 cache are the members.
  PrefillOutputs Run(void (*kernel)(const PrefillCompressorArgs&)) {
    for (Guarded<bf16>* poisoned : {&rounded, &kv_rows}) poisoned->Poison();
    product.Poison();
    kv_codes.Poison();
    std::fill(codes.begin(), codes.end(), static_cast<signed char>(77));
    std::fill(scales.begin(), scales.end(), 0.5f);
    return Outputs(kernel);
  }

  Guarded<bf16> hadamard, rounded;
  Guarded<float> product;
  Guarded<bf16> kv_rows;
  Guarded<signed char> kv_codes, codes;
  Guarded<float> scales;
};

const PrefillSize kSizes[] = {
    {13, 99, 0, 13, 9}, {9, 65, 5, 9, 9},    {1, 33, 127, 1, 40}, {8, 17, 128, 3, 40},
    {8, 17, 2, 4, 5},   {13, 40, 21, 13, 3}, {3, 1, 0, 3, 1},     {37, 24, 122, 35, 2},
};

TEST(PrefillIndexerCompressor, AgreesWithTheGolden) {
  for (const PrefillSize& size : kSizes) {
    Case c(size);
    const PrefillOutputs actual = c.Run(kKernel);
    ExpectClose(actual, c.Run(kGolden));
  }
}

// Codes one apart at most: a value near a tie, or a row whose largest rounded otherwise.
TEST(PrefillIndexerCompressor, CodesAgreeWithTheGolden) {
  for (const PrefillSize& size : kSizes) {
    Case c(size, true);
    const PrefillOutputs actual = c.Run(kKernel);
    const std::vector<signed char> codes(c.codes.begin(), c.codes.end());
    const std::vector<signed char> kv(c.kv_codes.begin(), c.kv_codes.end());
    const std::vector<float> scales(c.scales.begin(), c.scales.end());
    ExpectClose(actual, c.Run(kGolden));
    for (std::size_t i = 0; i < codes.size(); ++i) ASSERT_LE(std::abs(codes[i] - c.codes[i]), 1);
    for (std::size_t i = 0; i < kv.size(); ++i) ASSERT_LE(std::abs(kv[i] - c.kv_codes[i]), 1);
    for (std::size_t i = 0; i < scales.size(); ++i) {
      ASSERT_NEAR(scales[i], c.scales[i], c.scales[i] / 128);
    }
  }
}

template <auto kTiles>
void ExpectSameBitsAsTheDefault() {
  for (const PrefillSize& size : kSizes) {
    Case two(size), one(size, true);
    EXPECT_TRUE(two.Run(&PrefillIndexerCompressor<kTiles>) == two.Run(kKernel));
    one.Run(&PrefillIndexerCompressor<kTiles>);
    const std::vector<signed char> codes(one.codes.begin(), one.codes.end());
    one.Run(kKernel);
    EXPECT_TRUE(std::equal(codes.begin(), codes.end(), one.codes.begin()));
  }
}

TEST(PrefillIndexerCompressor, ExactTilesGiveTheSameBits) {
  ExpectSameBitsAsTheDefault<Tiles{.OUT_TILE = 16, .HEAD_CHUNK = 128, .HEAD_TILE = 16}>();
  ExpectSameBitsAsTheDefault<Tiles{
      .OUT_TILE = 100, .HEAD_CHUNK = 96, .PACKED_RMS_TILE = 1, .PACKED_STATE_UPDATE_TILE = 3}>();
}

// kv's row i is the i-th row that is written, whatever its column; the rest is 0.
TEST(PrefillIndexerCompressor, KvIsCompacted) {
  for (auto kernel : {kGolden, kKernel}) {
    Case two({21, 5, 0, 20, 9}), one({21, 5, 0, 20, 9}, true);
    for (Case* c : {&two, &one}) c->cmp_slot_mapping[7] = -1;  // speculative
    const std::size_t tokens[] = {3, 11, 15, 19};
    two.Run(kernel);
    one.Run(kernel);
    for (std::size_t i = 0; i < 4; ++i) {
      const std::size_t slot = Count(two.cmp_slot_mapping[tokens[i]]) * kHead;
      EXPECT_TRUE(
          std::equal(&two.cmp_kv[slot], &two.cmp_kv[slot] + kHead, &two.kv_rows[i * kHead]));
      EXPECT_TRUE(std::equal(&one.codes[slot], &one.codes[slot] + kHead, &one.kv_codes[i * kHead]));
    }
    for (std::size_t c = 4 * kHead; c < 5 * kHead; ++c) {
      EXPECT_EQ(two.kv_rows[c].bits, 0);
      EXPECT_EQ(one.kv_codes[c], 0);
    }
  }
}

// With the identity, codes and scale give back the normalised row: the largest is 127.
TEST(PrefillIndexerCompressor, CodesStandForTheRow) {
  for (auto kernel : {kGolden, kKernel}) {
    Case two({4, 1, 0, 4, 3}), one({4, 1, 0, 4, 3}, true);
    for (Case* c : {&two, &one}) {
      c->Clear();
      c->UseIdentity();
      c->x[3] = golden::Bf16Rne(1);
      for (std::size_t i = 0; i < 256; ++i)
        c->wkv[i] = golden::Bf16Rne(static_cast<float>(i % 128 % 5));
    }
    const PrefillOutputs rows = two.Run(kernel);
    one.Run(kernel);
    const std::size_t slot = Count(two.cmp_slot_mapping[3]);
    int largest = 0;
    for (std::size_t c = 0; c < kHead; ++c) {
      const float value = rows.cmp_kv[slot * kHead + c];
      const int code = one.codes[slot * kHead + c];
      largest = std::max(largest, std::abs(code));
      EXPECT_NEAR(static_cast<float>(code) * one.scales[slot], value, one.scales[slot] * 0.51f);
    }
    EXPECT_EQ(largest, 127);
    EXPECT_NEAR(rows.cmp_kv[slot * kHead + 4], 4 / std::sqrt(755.0f / 128), 0.01);  // Σ(i%5)² = 755
  }
}

// amax = 1e-4, hence 1/(127/1e-4).
TEST(PrefillIndexerCompressor, RowOfZerosHasTheSmallestScale) {
  for (auto kernel : {kGolden, kKernel}) {
    Case c({4, 1, 0, 4, 3}, true);
    c.Clear();
    c.Run(kernel);
    const std::size_t slot = Count(c.cmp_slot_mapping[3]);
    EXPECT_FLOAT_EQ(c.scales[slot], 7.874016e-7f);
    EXPECT_EQ(c.codes[slot * kHead + 9], 0);
    EXPECT_EQ(c.scales[slot == 0 ? 1 : 0], 0.5f);  // another row
    EXPECT_EQ(c.codes[(slot == 0 ? 1 : 0) * kHead], 77);
  }
}

// y = row·M, not row·Mᵀ: M moves column 0 to column 1.
TEST(PrefillIndexerCompressor, MatrixIsInputFirst) {
  for (auto kernel : {kGolden, kKernel}) {
    Case c({4, 1, 0, 4, 3});
    c.Clear();
    c.x[3] = golden::Bf16Rne(1);
    for (std::size_t i = 0; i < 256; ++i) c.wkv[i] = golden::Bf16Rne(1);
    std::fill(c.hadamard.begin(), c.hadamard.end(), bf16{});
    c.hadamard[1] = golden::Bf16Rne(2);
    const PrefillOutputs out = c.Run(kernel);
    const std::size_t row = Count(c.cmp_slot_mapping[3]) * kHead;
    EXPECT_EQ(out.cmp_kv[row], 0);
    EXPECT_NEAR(out.cmp_kv[row + 1], 2, 0.01);
  }
}

}  // namespace
}  // namespace kernels
