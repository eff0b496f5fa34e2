#include "kernels/simd/vec.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/golden/rounding.h"
#include "tests/kernels/guarded.h"

namespace kernels::simd {
namespace {

// All upper halves, with lower halves around the tie: numbers, denormals, infinities and NaNs.
TEST(Vec, RoundsToBf16AsTheGoldenDoes) {
  constexpr std::array<std::uint32_t, 5> kLower = {0, 1, 0x7fff, 0x8000, 0x8001};
  for (std::uint32_t upper = 0; upper < 0x10000; ++upper) {
    for (std::uint32_t lower : kLower) {
      const float value = std::bit_cast<float>(upper << 16 | lower);
      bf16 rounded;
      Store(&rounded, FromBits(U32{} + (upper << 16 | lower)), 1);
      ASSERT_EQ(rounded, golden::Bf16Rne(value)) << std::hex << upper << ' ' << lower;
    }
  }
}

TEST(Vec, WidensBf16Exactly) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const bf16 value{static_cast<unsigned short>(bits)};
    ASSERT_EQ(Bits(Load(&value, 1))[0], bits << 16);
  }
}

// Every length, at the very end of mapped memory: reading or writing one element more would crash.
TEST(Vec, PartialLoadsAndStoresStayInside) {
  for (int n = 1; n <= kLanes; ++n) {
    Guarded<float> from(static_cast<std::size_t>(n)), to(static_cast<std::size_t>(n));
    for (int i = 0; i < n; ++i) from[static_cast<std::size_t>(i)] = static_cast<float>(i + 1);
    const F32 v = Load(from.data(), n);
    for (int i = 0; i < kLanes; ++i) EXPECT_EQ(v[i], i < n ? static_cast<float>(i + 1) : 0.0f);
    Store(to.data(), v, n);
    EXPECT_TRUE(std::equal(from.begin(), from.end(), to.begin()));
  }
}

TEST(Vec, StoresLeaveTheRestAlone) {
  std::vector<float> to(static_cast<std::size_t>(kLanes), -5.0f);
  Store(to.data(), F32{} + 1.0f, kLanes - 1);
  EXPECT_EQ(to[static_cast<std::size_t>(kLanes) - 2], 1.0f);
  EXPECT_EQ(to.back(), -5.0f);
}

TEST(Vec, MaxLaneFindsEachPlace) {
  for (int lane = 0; lane < kLanes; ++lane) {
    F32 v = F32{} - 7.0f;
    v[lane] = -2.0f;
    EXPECT_EQ(MaxLane(v), -2.0f);
  }
}

TEST(Vec, ForLanesCoversEachElementOnce) {
  for (long size = 0; size < 3 * kLanes + 2; ++size) {
    std::vector<int> visits(static_cast<std::size_t>(size), 0);
    ForLanes(0, size, [&](long i, int n) {
      for (int j = 0; j < n; ++j) ++visits[static_cast<std::size_t>(i + j)];
    });
    EXPECT_EQ(visits, std::vector<int>(static_cast<std::size_t>(size), 1));
  }
}

TEST(Blocks, CountsAndClipsTheLast) {
  EXPECT_EQ(Blocks(7168, 4096), 2);  // 7168 // 4096 = 1 was the historic bug
  EXPECT_EQ(Blocks(8, 4), 2);
  EXPECT_EQ(Clip(4096, 4096, 7168), 7168);
  EXPECT_EQ(Clip(0, 4096, 7168), 4096);
}

}  // namespace
}  // namespace kernels::simd
