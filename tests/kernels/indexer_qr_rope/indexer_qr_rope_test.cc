#include "kernels/indexer_qr_rope/indexer_qr_rope.h"

#include <cstddef>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/golden/rope_table.h"
#include "kernels/golden/rounding.h"
#include "kernels/indexer_qr_rope/indexer_qr_rope_golden.h"
#include "tests/kernels/fake_inputs.h"
#include "tests/kernels/guarded.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

struct Tiles {
  int ROPE_SPMD_TILE;
  int ROPE_ROW_TILE;
};

std::size_t Count(long n) { return static_cast<std::size_t>(n); }

struct Case {
  Case(int B, int S, int H)
      : q(Count(B) * Count(S) * Count(H) * 128),
        cos(Count(B) * 32),
        sin(Count(B) * 32),
        q_rot(q.size()) {
    std::mt19937_64 random(5);
    for (float& v : q.all()) v = SmallValue(random);
    for (std::size_t i = 0; i < cos.size(); ++i) {  // a position of its own for each batch
      const int position = 5 + 1000 * static_cast<int>(i / 32);
      const golden::RopeEntry entry = golden::RopeTableEntry(position, static_cast<int>(i % 32));
      cos[i] = entry.cos;
      sin[i] = entry.sin;
    }
    args = {q.data(), cos.data(), sin.data(), q_rot.data(), B, S, H};
  }

  std::vector<bf16> Outputs(void (*kernel)(const IndexerQrRopeArgs&)) {
    q_rot.Poison();
    kernel(args);
    return {q_rot.begin(), q_rot.end()};
  }

  Guarded<float> q, cos, sin;
  Guarded<bf16> q_rot;
  IndexerQrRopeArgs args;
};

struct Size {
  int B, S, H;
};
// In the first two, batches begin within almost every tile.
constexpr Size kSizes[] = {{3, 2, 5}, {7, 1, 3}, {1, 1, 1}, {8, 1, 64}, {1, 4, 64}};

template <auto kTiles>
void ExpectGolden() {
  for (const Size& size : kSizes) {
    Case c(size.B, size.S, size.H);
    EXPECT_TRUE(c.Outputs(&IndexerQrRope<kTiles>) == c.Outputs(&IndexerQrRopeGolden))
        << kTiles.ROPE_SPMD_TILE << ',' << kTiles.ROPE_ROW_TILE << " B=" << size.B
        << " S=" << size.S << " H=" << size.H;
  }
}

TEST(IndexerQrRope, EveryTileGivesTheGoldensBits) {
  ExpectGolden<Tiles{32, 32}>();
  ExpectGolden<Tiles{1, 1}>();
  ExpectGolden<Tiles{7, 3}>();
  ExpectGolden<Tiles{8, 16}>();
  ExpectGolden<Tiles{64, 8}>();
  ExpectGolden<Tiles{4096, 128}>();
}

// Position 5 has (cos, sin) = (.283203125, −.95703125) for the first pair, and
// (−.95703125, −.29296875) for the second. Each expectation is one product, exact in bf16.
TEST(IndexerQrRope, RotatesInterleavedPairs) {
  Case c(1, 1, 1);
  for (float& v : c.q.all()) v = 0;
  c.q[0] = 1.00390625f;  // not rotated, but rounded to even
  c.q[64 + 0] = 2;       // the first pair is (2, 0)
  c.q[64 + 3] = 4;       // the second is (0, 4)
  for (const auto kernel : {&IndexerQrRope<Tiles{32, 32}>, &IndexerQrRopeGolden}) {
    const std::vector<bf16> out = c.Outputs(kernel);
    EXPECT_EQ(golden::ToFloat(out[0]), 1.0f);
    EXPECT_EQ(golden::ToFloat(out[64]), 2 * .283203125f);
    EXPECT_EQ(golden::ToFloat(out[65]), 2 * -.95703125f);
    EXPECT_EQ(golden::ToFloat(out[66]), -4 * -.29296875f);
    EXPECT_EQ(golden::ToFloat(out[67]), 4 * -.95703125f);
    EXPECT_EQ(golden::ToFloat(out[100]), 0.0f);
  }
}

TEST(IndexerQrRope, InputsAreTableRows) {
  const tilesmith::KernelSpec* spec = tilesmith::Registry::Get().Find("indexer_qr_rope");
  ASSERT_NE(spec, nullptr);
  tilesmith::FakeInputs inputs(17);
  inputs.Add<float>("cos", 8 * 32);
  inputs.Add<float>("sin", 8 * 32);
  spec->prepare(inputs);
  for (std::size_t i = 0; i < 8 * 32; ++i) {
    const float cos = inputs.Get<float>("cos")[i], sin = inputs.Get<float>("sin")[i];
    EXPECT_NEAR(cos * cos + sin * sin, 1, 0.02);
    EXPECT_EQ(cos, golden::ToFloat(golden::Bf16Rne(cos)));
  }
  // The first pair turns by a radian per position: batches differ.
  EXPECT_NE(inputs.Get<float>("cos")[0], inputs.Get<float>("cos")[32]);
}

}  // namespace
}  // namespace kernels
