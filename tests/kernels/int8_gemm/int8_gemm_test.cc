#include "kernels/int8_gemm/int8_gemm.h"

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/int8_gemm/int8_gemm_golden.h"
#include "tests/kernels/guarded.h"

namespace kernels {
namespace {

struct Tiles {
  int N_TILE = 48;
  int K_TILE = 64;
};

std::size_t Area(int rows, int columns) { return static_cast<std::size_t>(rows * columns); }

struct Case {
  Case(int M, int N, int K)
      : a(Area(M, K)),
        w(Area(K, N)),
        a_scale(Area(M, 1)),
        w_scale(Area(N, 1)),
        y(Area(M, N)),
        panels(static_cast<std::size_t>(simd::PanelBytes(M, K)) + simd::kPanelBytes - 1),
        sums(static_cast<std::size_t>(simd::SumsSize(M, N))) {
    std::mt19937_64 random(2);
    for (auto* codes : {&a, &w}) {
      for (std::int8_t& code : codes->all()) code = static_cast<std::int8_t>(random());
    }
    for (auto* scales : {&a_scale, &w_scale}) {
      for (float& scale : scales->all()) scale = 1e-2f * (1.5f + SmallValue(random));
    }
    args = {a.data(),    a_scale.data(),
            w.data(),    w_scale.data(),
            y.data(),    panels.data(),
            sums.data(), M,
            N,           K};
  }

  std::vector<unsigned short> Bits(void (*kernel)(const Int8GemmArgs&)) {
    y.Poison();
    sums.Poison();
    panels.Poison();
    kernel(args);
    std::vector<unsigned short> bits;
    for (bf16 value : y.all()) bits.push_back(value.bits);
    return bits;
  }

  Guarded<std::int8_t> a, w;
  Guarded<float> a_scale, w_scale;
  Guarded<bf16> y;
  Guarded<unsigned char> panels;
  Guarded<int> sums;
  Int8GemmArgs args;
};

// (Σ a·w · a_scale) · w_scale of small whole numbers.
TEST(Int8Gemm, MultipliesByTheLayoutItIsNamedFor) {
  for (bool kn : {false, true}) {
    Case test(1, 2, 3);
    const std::vector<std::int8_t> a{1, -2, 3}, w{1, 2, 3, 4, 5, 6};
    std::copy(a.begin(), a.end(), test.a.begin());
    std::copy(w.begin(), w.end(), test.w.begin());
    test.a_scale[0] = 0.5f;
    test.w_scale[0] = 2;
    test.w_scale[1] = 4;
    // [N, K]: 1 − 4 + 9 = 6, 4 − 10 + 18 = 12. [K, N]: 1 − 6 + 15 = 10, 2 − 8 + 18 = 12.
    const std::vector<unsigned short> expected{static_cast<unsigned short>(kn ? 0x4120 : 0x40c0),
                                               0x41c0};  // 10 or 6; 24
    EXPECT_EQ(test.Bits(kn ? &Int8GemmKNGolden : &Int8GemmGolden), expected);
    EXPECT_EQ(test.Bits(kn ? &Int8GemmKN<Tiles{}> : &Int8Gemm<Tiles{}>), expected);
  }
}

TEST(Int8Gemm, IsTheGoldenForAnySize) {
  for (int M : {1, 8, 9}) {
    for (int N : {1, 47, 48, 49, 130}) {
      for (int K : {1, 63, 64, 65, 200}) {
        Case test(M, N, K);
        EXPECT_EQ(test.Bits(&Int8Gemm<Tiles{}>), test.Bits(&Int8GemmGolden));
        EXPECT_EQ(test.Bits(&Int8GemmKN<Tiles{}>), test.Bits(&Int8GemmKNGolden));
      }
    }
  }
}

}  // namespace
}  // namespace kernels
