#include "kernels/qkv_proj_rope/qkv_proj_rope.h"

#include <cmath>
#include <cstdlib>

#include <gtest/gtest.h>

#include "kernels/qkv_proj_rope/qkv_proj_rope_golden.h"
#include "kernels/qkv_proj_rope/qkv_proj_rope_v1.h"
#include "tests/kernels/qkv_proj_rope/qkv_case.h"

namespace kernels {
namespace {

struct Tiles {
  int QR_K_TILE = 24, KV_K_TILE = 40;
  int QR_OK = 2, KV_OK = 4;
  int QR_N_TILE = 40, KV_N_TILE = 96;
  int T_TILE = 2, KV_RMS_T_TILE = 4;
  int Q_LORA_TILE = 48, QUANT_TILE = 32, KV_TILE = 32;
  int Q_PROJ_TILE = 36, QPROJ_MM_N_TILE = 112;
  int DEQUANT_T_TILE = 4, Q_PROJ_OUT_TILE = 192;
  int Q_ROPE_T_TILE = 2, Q_ROPE_H_TILE = 2;
  int HEAD_TILE = 64, ROPE_TILE = 32;
  int QPROJ_TILES_PER_BLOCK = 3;
};

// Slices of D beyond its end: their partial sums are 0.
struct ManySlices : Tiles {
  constexpr ManySlices() { QR_OK = KV_OK = 14; }
};

struct TilesV1 {
  int D_CHUNK = 48, ATTN_NORM_GROUP = 2, ATTN_RMS_PARTIALS = 2;
  int Q_LORA_CHUNK = 32, QR_NORM_GROUP = 2, QR_RMS_PARTIALS = 2;
  int KV_CHUNK = 32, KV_PROJ_GROUP = 3;
  int QUANT_CHUNK = 32, QUANT_APPLY_CHUNK = 48;
  int Q_PROJ_CHUNK = 36, Q_PROJ_OUT_CHUNK = 112, Q_PROJ_GROUP = 2, Q_PROJ_DEQUANT_GROUP = 3;
  int HEAD_CHUNK = 64, HEAD_GROUP = 16, ROPE_CHUNK = 32;
};

using Kernel = void (*)(const QkvProjRopeArgs&);
struct Pair {
  Kernel golden, variant;
};
const Pair kContracts[] = {{&QkvProjRopeV1Golden, &QkvProjRopeV1<TilesV1{}>},
                           {&QkvProjRopeGolden, &QkvProjRope<Tiles{}>},
                           {&QkvProjRopeGolden, &QkvProjRope<ManySlices{}>},
                           {&QkvProjRopeV3Golden, &QkvProjRopeV3<Tiles{}>}};

bf16 B(float value) { return golden::Bf16Rne(value); }

// kernels.md §8, Compare, but that codes must not flip at all: then q follows within one unit of
// bf16, few elements of either excepted, which cancel when rotated.
void ExpectClose(const std::vector<float>& actual, const std::vector<float>& expected) {
  std::size_t misses = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const bool near = std::fabs(actual[i] - expected[i]) <= 1e-4f + std::fabs(expected[i]) / 128;
    if (!near) ++misses;
  }
  EXPECT_LE(misses, expected.size() / 200);
}

void ExpectGolden(QkvCase& test, const Pair& contract) {
  const QkvOutputs expected = test.Outputs(contract.golden),
                   actual = test.Outputs(contract.variant);
  ExpectClose(actual.kv, expected.kv);
  ExpectClose(actual.q, expected.q);
  for (std::size_t i = 0; i < expected.qr_scale.size(); ++i) {
    EXPECT_NEAR(actual.qr_scale[i], expected.qr_scale[i], 1e-5f * expected.qr_scale[i]);
  }
  std::size_t flips = 0;
  for (std::size_t i = 0; i < expected.qr.size(); ++i) {
    const int distance = std::abs(actual.qr[i] - expected.qr[i]);
    EXPECT_LE(distance, 1);
    if (distance > 0) ++flips;
  }
  EXPECT_LE(flips, expected.qr.size() / 200);
}

TEST(QkvProjRope, IsTheGoldenForAnySize) {
  for (const Pair& contract : kContracts) {
    for (int T : {1, 5}) {
      for (int D : {1, 96, 97}) {
        for (int QL : {1, 99}) {
          for (int H : {1, 3}) {
            QkvCase test(T, D, QL, H);
            ExpectGolden(test, contract);
          }
        }
      }
    }
  }
}

// x = (1, 0), so r = (3, 4) and k is the first row of wkv, all of one size; every product by hand.
TEST(QkvProjRope, GivesTheValuesOfAHandComputedToken) {
  for (const Pair& contract : {kContracts[1], kContracts[3]}) {
    for (Kernel kernel : {contract.golden, contract.variant}) {
      QkvCase test(1, 2, 2, 1);
      test.x[0] = B(1);
      test.x[1] = B(0);
      test.wq_a[0] = B(3);
      test.wq_a[1] = B(4);
      for (std::size_t i = 0; i < 2; ++i) test.gamma_cq[i] = B(1);
      for (std::size_t i = 0; i < 512; ++i) {
        test.wkv[i] = B(i % 2 ? -0.5f : 0.5f);
        test.gamma_ckv[i] = B(i < 448 ? 2 : 4);
        test.wq_b[i] = i % 2 ? -127 : 127;  // sums of 127·(95 + 127): any size, the norm takes it
        test.wq_b[512 + i] = test.wq_b[i];
        test.wq_b_scale[i] = 0.25f;
      }
      for (std::size_t i = 0; i < 64; ++i) {
        test.cos[i] = B(i < 32 ? 0 : 7);  // columns 32 … 63 are not to be read
        test.sin[i] = B(i < 32 ? 1 : 7);
      }
      const QkvOutputs outputs = test.Outputs(kernel);
      EXPECT_EQ(outputs.qr, (std::vector<std::int8_t>{95, 127}));  // 127·3/4 = 95.25
      EXPECT_NEAR(outputs.qr_scale[0], 4 / std::sqrt(12.5) / 127, 1e-8);
      for (std::size_t i = 0; i < 448; ++i) {
        ASSERT_EQ(outputs.q[i], i % 2 ? -1 : 1);
        ASSERT_EQ(outputs.kv[i], i % 2 ? -2 : 2);
      }
      // (x, −x) turned by a right angle: (x·0 + x·1, x·1 − x·0).
      for (std::size_t i = 448; i < 512; ++i) {
        ASSERT_EQ(outputs.q[i], 1);
        ASSERT_EQ(outputs.kv[i], 4);
      }
    }
  }
}

// norm_w and the rounding of n: x = (3, 4), normalised and times (2, 0): tx = bf16(6/√12.5) = 1.6953125.
TEST(QkvProjRope, V1NormalisesTheTokens) {
  for (Kernel kernel : {kContracts[0].golden, kContracts[0].variant}) {
    QkvCase test(1, 2, 1, 1);
    test.x[0] = B(3);
    test.x[1] = B(4);
    test.norm_w[0] = 2;
    test.norm_w[1] = 0;
    test.wq_a[0] = B(1);
    test.wq_a[1] = B(1);
    test.gamma_cq[0] = B(1.6953125f);
    const QkvOutputs outputs = test.Outputs(kernel);
    EXPECT_EQ(outputs.qr[0], 127);
    // n = bf16(1.6953125 · (1 − tiny)): 1.6953125, which FP32 would leave a little smaller.
    EXPECT_EQ(outputs.qr_scale[0], 1.0f / (127.0f / 1.6953125f));
  }
}

TEST(QkvProjRope, AnAngleOfZeroLeavesTheTail) {
  for (const Pair& contract : kContracts) {
    QkvCase test(2, 40, 24, 2);
    for (bf16& c : test.cos.all()) c = B(1);
    for (bf16& s : test.sin.all()) s = B(0);
    for (bf16& w : test.wkv.all()) w = B(0.5f);
    for (bf16& g : test.gamma_ckv.all()) g = B(1);
    const QkvOutputs outputs = test.Outputs(contract.variant);
    for (std::size_t i = 0; i < outputs.kv.size(); ++i) {
      ASSERT_EQ(outputs.kv[i], outputs.kv[i / 512 * 512]);
    }
  }
}

// amax is at least 1e-4, and the norms' ε keeps 0 / 0 away.
TEST(QkvProjRope, ATokenOfZerosGivesZeros) {
  for (const Pair& contract : kContracts) {
    for (Kernel kernel : {contract.golden, contract.variant}) {
      QkvCase test(2, 64, 32, 1);
      for (std::size_t i = 0; i < 64; ++i) test.x[i] = B(0);
      const QkvOutputs outputs = test.Outputs(kernel);
      EXPECT_EQ(outputs.qr_scale[0], 1.0f / (127.0f / 1e-4f));
      for (std::size_t i = 0; i < 32; ++i) EXPECT_EQ(outputs.qr[i], 0);
      for (std::size_t i = 0; i < 512; ++i) {
        ASSERT_EQ(outputs.q[i], 0);
        ASSERT_EQ(outputs.kv[i], 0);
        ASSERT_FALSE(std::isnan(outputs.q[512 + i]));
      }
    }
  }
}

TEST(QkvProjRope, V3ZeroesInactiveTokensOnly) {
  for (Kernel kernel : {kContracts[3].golden, kContracts[3].variant}) {
    for (int active : {0, 1, 5, 8, 1 << 20}) {
      QkvCase test(8, 64, 48, 2);
      const QkvOutputs all = test.Outputs(kernel);
      test.args.num_tokens = active;
      const QkvOutputs some = test.Outputs(kernel);
      const auto expect = [&](const auto& actual, const auto& expected) {
        const std::size_t row = expected.size() / 8;
        for (std::size_t i = 0; i < expected.size(); ++i) {
          ASSERT_EQ(actual[i], i / row < Count(active) ? expected[i] : 0) << active << " at " << i;
        }
      };
      expect(some.q, all.q);
      expect(some.kv, all.kv);
      expect(some.qr, all.qr);
      expect(some.qr_scale, all.qr_scale);
    }
  }
}

TEST(QkvProjRope, V3OfAllTokensIsV2BitForBit) {
  QkvCase test(5, 96, 99, 3);
  const QkvOutputs v2 = test.Outputs(&QkvProjRope<Tiles{}>);
  const QkvOutputs v3 = test.Outputs(&QkvProjRopeV3<Tiles{}>);
  EXPECT_EQ(v3.q, v2.q);
  EXPECT_EQ(v3.kv, v2.kv);
  EXPECT_EQ(v3.qr, v2.qr);
  EXPECT_EQ(v3.qr_scale, v2.qr_scale);
}

}  // namespace
}  // namespace kernels
