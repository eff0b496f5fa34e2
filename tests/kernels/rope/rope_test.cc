#include "kernels/rope/rope.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/rope/rope_golden.h"
#include "tests/kernels/guarded.h"

namespace kernels {
namespace {

struct Tiles {
  int ROPE_ROW_TILE = 32;
  int ROPE_CHUNK = 32;
};

std::size_t Count(long n) { return static_cast<std::size_t>(n); }

// Operands of one size, each ending where memory ends.
struct Case {
  Case(int T, int H)
      : x(Count(T) * Count(H) * 64), cos(Count(T) * 32), sin(cos.size()), y(x.size()) {
    std::mt19937_64 random(13);
    for (float& v : x.all()) v = SmallValue(random);
    for (std::size_t i = 0; i < cos.size(); ++i) {
      const float angle = 3 * SmallValue(random);
      cos[i] = std::cos(angle);
      sin[i] = std::sin(angle);
    }
    args = {x.data(), cos.data(), sin.data(), y.data(), T, H};
  }

  std::vector<float> Outputs(void (*kernel)(const RopeArgs&)) {
    y.Poison();
    kernel(args);
    return {y.begin(), y.end()};
  }

  Guarded<float> x, cos, sin, y;
  RopeArgs args;
};

// The swap form has the bits of the form by pairs, whatever the tiles.
template <auto kTiles>
void ExpectGolden() {
  for (auto [T, H] : {std::pair{1, 1}, {3, 5}, {7, 13}, {2, 64}}) {
    Case c(T, H);
    EXPECT_EQ(c.Outputs(&Rope<kTiles>), c.Outputs(&RopeGolden)) << T << 'x' << H;
  }
}

TEST(Rope, EveryTileGivesTheGoldensBits) {
  ExpectGolden<Tiles{}>();
  ExpectGolden<Tiles{.ROPE_ROW_TILE = 1, .ROPE_CHUNK = 64}>();
  ExpectGolden<Tiles{.ROPE_ROW_TILE = 3, .ROPE_CHUNK = 8}>();
  ExpectGolden<Tiles{.ROPE_ROW_TILE = 512, .ROPE_CHUNK = 26}>();
}

// A quarter turn takes (x, y) to (−y, x); every head of the token turns, the next token does not.
TEST(Rope, TurnsPairsByTheirTokensAngle) {
  for (auto kernel : {&RopeGolden, &Rope<Tiles{}>}) {
    Case c(2, 2);
    for (std::size_t i = 0; i < c.x.size(); ++i) c.x[i] = static_cast<float>(i);
    for (std::size_t i = 0; i < 64; ++i) {
      c.cos[i] = i < 32 ? 0.0f : 1.0f;
      c.sin[i] = i < 32 ? 1.0f : 0.0f;
    }
    const std::vector<float> y = c.Outputs(kernel);
    for (std::size_t i = 0; i < 128; i += 2) {
      EXPECT_EQ(y[i], -static_cast<float>(i + 1));
      EXPECT_EQ(y[i + 1], static_cast<float>(i));
    }
    for (std::size_t i = 128; i < 256; ++i) EXPECT_EQ(y[i], static_cast<float>(i));
  }
}

TEST(Rope, EachPairHasItsOwnAngle) {
  for (auto kernel : {&RopeGolden, &Rope<Tiles{}>}) {
    Case c(1, 1);
    std::fill(c.x.begin(), c.x.end(), 1.0f);
    for (std::size_t i = 0; i < 32; ++i) {
      c.cos[i] = static_cast<float>(i);
      c.sin[i] = 100;
    }
    const std::vector<float> y = c.Outputs(kernel);
    for (std::size_t i = 0; i < 32; ++i) {
      EXPECT_EQ(y[2 * i], static_cast<float>(i) - 100);
      EXPECT_EQ(y[2 * i + 1], static_cast<float>(i) + 100);
    }
  }
}

}  // namespace
}  // namespace kernels
