#include "kernels/bf16_gemm/bf16_gemm.h"

#include <cstddef>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/bf16_gemm/bf16_gemm_golden.h"
#include "kernels/golden/rounding.h"
#include "tests/kernels/guarded.h"

namespace kernels {
namespace {

struct Tiles {
  int M_TILE = 4;
  int N_TILE = 40;
  int K_TILE = 96;
};
struct WholeTiles {
  int M_TILE = 64;
  int N_TILE = 512;
  int K_TILE = 4096;
};

std::size_t Area(int rows, int columns) { return static_cast<std::size_t>(rows * columns); }

struct Case {
  Case(int M, int N, int K) : a(Area(M, K)), w(Area(K, N)), y(Area(M, N)) {
    std::mt19937_64 random(4);
    for (auto* values : {&a, &w}) {
      for (bf16& value : values->all()) value = golden::Bf16Rne(SmallValue(random));
    }
    args = {a.data(), w.data(), y.data(), M, N, K};
  }

  std::vector<float> Output(void (*kernel)(const Bf16GemmArgs&)) {
    y.Poison();
    kernel(args);
    return {y.begin(), y.end()};
  }

  Guarded<bf16> a, w;
  Guarded<float> y;
  Bf16GemmArgs args;
};

TEST(Bf16Gemm, MultipliesByTheLayoutItIsNamedFor) {
  for (bool kn : {false, true}) {
    Case test(1, 2, 2);
    const std::vector<float> a{1, -2}, w{1, 2, 3, 4};
    for (std::size_t i = 0; i < a.size(); ++i) test.a[i] = golden::Bf16Rne(a[i]);
    for (std::size_t i = 0; i < w.size(); ++i) test.w[i] = golden::Bf16Rne(w[i]);
    const std::vector<float> expected =
        kn ? std::vector<float>{1 - 6, 2 - 8} : std::vector<float>{1 - 4, 3 - 8};
    EXPECT_EQ(test.Output(kn ? &Bf16GemmKNGolden : &Bf16GemmGolden), expected);
    EXPECT_EQ(test.Output(kn ? &Bf16GemmKN<Tiles{}> : &Bf16Gemm<Tiles{}>), expected);
  }
}

TEST(Bf16Gemm, IsNearTheGoldenForAnySize) {
  for (int M : {1, 4, 9}) {
    for (int N : {1, 39, 40, 41, 130}) {
      for (int K : {1, 95, 96, 97, 300}) {
        Case test(M, N, K);
        for (bool kn : {false, true}) {
          const auto expected = test.Output(kn ? &Bf16GemmKNGolden : &Bf16GemmGolden);
          const auto actual = test.Output(kn ? &Bf16GemmKN<Tiles{}> : &Bf16Gemm<Tiles{}>);
          for (std::size_t i = 0; i < expected.size(); ++i) {
            // Up to 300 sums below 300: each rounds by at most 2^-16.
            ASSERT_NEAR(actual[i], expected[i], 300 * 0x1p-16f) << M << ' ' << N << ' ' << K;
          }
        }
      }
    }
  }
}

TEST(Bf16Gemm, KTilesContinueTheChainsOfInputFirst) {
  Case test(9, 130, 300);
  EXPECT_EQ(test.Output(&Bf16GemmKN<Tiles{}>), test.Output(&Bf16GemmKN<WholeTiles{}>));
}

}  // namespace
}  // namespace kernels
