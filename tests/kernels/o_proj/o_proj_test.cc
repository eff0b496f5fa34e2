#include "kernels/o_proj/o_proj.h"

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/attention/seed_tiles.h"
#include "kernels/golden/rounding.h"
#include "kernels/o_proj/o_proj_golden.h"
#include "tests/kernels/guarded.h"

namespace kernels {
namespace {

using attention::OProjTiles;

std::size_t Count(long n) { return static_cast<std::size_t>(n); }

// Operands that end where memory ends. Whole numbers in wo_a and o keep every sum exact, so that
// kernel and golden quantise the same values.
struct Case {
  Case(int T, int H, int D, int G, int O_LORA)
      : o(Count(T) * Count(H) * 512),
        wo_a(Count(O_LORA) * Count(H) * 512),
        out(Count(T) * Count(D)),
        wo_b(Count(D) * Count(G) * Count(O_LORA)),
        wo_b_scale(Count(D)),
        a(Count(T) * Count(G) * Count(O_LORA)),
        code_scale(Count(T) * Count(G)),
        codes(Count(G) * Count(simd::PanelBytes(T, O_LORA)) + simd::kPanelBytes - 1),
        partial(Count(G) * Count(simd::SumsSize(T, D))) {
    std::mt19937_64 random(9);
    for (bf16& value : o.all()) value = Whole(random() % 9);
    for (bf16& value : wo_a.all()) value = Whole(random() % 7);
    for (std::int8_t& code : wo_b.all()) code = static_cast<std::int8_t>(random());
    for (float& scale : wo_b_scale.all()) scale = 1e-3f * (1.5f + SmallValue(random));
    args = {o.data(),
            wo_a.data(),
            wo_b.data(),
            wo_b_scale.data(),
            out.data(),
            a.data(),
            codes.data(),
            code_scale.data(),
            partial.data(),
            T,
            H,
            D,
            G,
            O_LORA};
  }

  static bf16 Whole(std::uint64_t value) { return golden::Bf16Rne(static_cast<float>(value) - 4); }

  std::vector<float> Run(void (*kernel)(const OProjArgs&)) {
    for (Guarded<float>* floats : {&a, &code_scale}) floats->Poison();
    codes.Poison();
    partial.Poison();
    out.Poison();
    kernel(args);
    std::vector<float> values;
    for (bf16 value : out.all()) values.push_back(golden::ToFloat(value));
    return values;
  }

  Guarded<bf16> o, wo_a, out;
  Guarded<std::int8_t> wo_b;
  Guarded<float> wo_b_scale, a, code_scale;
  Guarded<unsigned char> codes;
  Guarded<int> partial;
  OProjArgs args;
};

struct Size {
  int T, H, D, G, O_LORA;
};
constexpr Size kSizes[] = {{3, 3, 99, 3, 77},
                           {13, 4, 333, 2, 65},
                           {1, 1, 17, 1, 5},
                           {8, 4, 512, 2, 128},
                           {9, 8, 896, 4, 128}};

struct Small : OProjTiles {
  int PA_NF_PER_BLOCK = 3;
  int A_T_TILE = 2;
  int QUANT_TILE = 64;
  int NUM_QUANT_T_CHUNKS = 4;
  int B_T_TILE = 8;
};
constexpr Small kSmall = {{.A_K_TILE = 64,
                           .PROJ_A_MM_N_TILE = 16,
                           .QUANT_TOKEN_TILE = 2,
                           .B_K_TILE = 64,
                           .PROJ_B_MM_N_TILE = 16,
                           .PROJ_B_D_CHUNK = 48,
                           .PROJ_B_ACT_N_TILE = 32,
                           .PROJ_B_ACT_TBLK = 4,
                           .PROJ_B_ACT_T_TILE = 3}};

TEST(OProj, IsTheGoldenBitForBitWhereSumsAreExact) {
  for (const Size& size : kSizes) {
    Case c(size.T, size.H, size.D, size.G, size.O_LORA);
    const std::vector<float> expected = c.Run(&OProjGolden);
    EXPECT_EQ(c.Run(&OProj<OProjTiles{}>), expected) << size.T << 'x' << size.D;
    EXPECT_EQ(c.Run(&OProj<kSmall>), expected) << size.T << 'x' << size.D;
  }
}

// Two groups of one head, one row each: a = 512·2·1 = 1024 and 512·1·3 = 1536, codes 127 each with
// scales 1/(127/1024) and 1/(127/1536). With wo_b = (1, −1): 127·(1024 − 1536)/127 = −512.
TEST(OProjGolden, EveryGroupHasItsScale) {
  Case c(1, 2, 1, 2, 1);
  for (std::size_t i = 0; i < 1024; ++i) {
    c.o[i] = golden::Bf16Rne(i < 512 ? 2 : 1);
    c.wo_a[i] = golden::Bf16Rne(i < 512 ? 1 : 3);
  }
  c.wo_b[0] = 1;
  c.wo_b[1] = -1;
  c.wo_b_scale[0] = 1;
  EXPECT_EQ(c.Run(&OProjGolden), std::vector<float>{-512});
  c.wo_b_scale[0] = 0.25f;
  EXPECT_EQ(c.Run(&OProjGolden), std::vector<float>{-128});
}

// A group of zeros has codes 0 and a scale of 1/(127/1e-4), and adds nothing.
TEST(OProjGolden, ZeroTokenGivesZero) {
  Case c(2, 2, 5, 2, 3);
  for (std::size_t i = 0; i < 1024; ++i) c.o[i] = golden::Bf16Rne(0);
  const std::vector<float> out = c.Run(&OProjGolden);
  EXPECT_EQ(std::vector<float>(out.begin(), out.begin() + 5), std::vector<float>(5, 0.0f));
  EXPECT_NE(std::vector<float>(out.begin() + 5, out.end()), std::vector<float>(5, 0.0f));
  EXPECT_EQ(c.Run(&OProj<OProjTiles{}>), out);
}

}  // namespace
}  // namespace kernels
