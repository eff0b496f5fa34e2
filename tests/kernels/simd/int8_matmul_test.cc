#include "kernels/simd/int8_matmul.h"

#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "tests/kernels/guarded.h"

namespace kernels::simd {
namespace {

struct Size {
  long T, N, K;
};

std::size_t Area(long rows, long columns) { return static_cast<std::size_t>(rows * columns); }

template <int kRows, int kKTile>
void ExpectProduct(const Size& size) {
  std::mt19937_64 random(7);
  std::vector<std::int8_t> codes(Area(size.T, size.K));
  Guarded<std::int8_t> weights(Area(size.N, size.K));
  for (std::int8_t& code : codes) code = static_cast<std::int8_t>(random());
  for (std::int8_t& weight : weights.all()) weight = static_cast<std::int8_t>(random());
  Guarded<unsigned char> panels(static_cast<std::size_t>(PanelBytes(size.T, size.K)));
  for (long t = 0; t < size.T; ++t) {
    for (long k = 0; k < size.K; ++k) {
      *PanelAt(panels.data(), t, k, size.K) =
          static_cast<unsigned char>(codes[Area(t, size.K) + Area(1, k)] ^ Dot::kFlip);
    }
  }
  Guarded<int> sums(static_cast<std::size_t>(SumsSize(size.T, size.N)));
  const Int8MatMul m{panels.data(), weights.data(), sums.data(), size.T, size.N, size.K};
  for (long n = 0; n < size.N; n += kRows) MatMulRows<kRows, kKTile>(m, n);
  for (long t = 0; t < size.T; ++t) {
    for (long n = 0; n < size.N; ++n) {
      int expected = 0;
      for (long k = 0; k < size.K; ++k) {
        expected += codes[Area(t, size.K) + Area(1, k)] * weights[Area(n, size.K) + Area(1, k)];
      }
      ASSERT_EQ(*SumsAt(sums.data(), t, n, size.N), expected)
          << "T=" << size.T << " N=" << size.N << " K=" << size.K << " at " << t << ',' << n;
    }
  }
}

TEST(Int8MatMul, AnyTileGivesTheProductOfAnySize) {
  for (const Size& size : {Size{1, 1, 1}, Size{8, 16, 64}, Size{7, 15, 63}, Size{9, 17, 65},
                           Size{13, 50, 333}, Size{24, 96, 256}}) {
    ExpectProduct<16, 64>(size);
    ExpectProduct<16, 4096>(size);
    ExpectProduct<48, 128>(size);
    ExpectProduct<1024, 64>(size);
  }
}

TEST(Int8MatMul, PanelsAreAligned) {
  Guarded<unsigned char> memory(300);
  for (std::size_t offset = 0; offset < 70; ++offset) {
    unsigned char* aligned = AlignPanels(memory.data() + offset);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(aligned) % kPanelBytes, 0u);
    EXPECT_LT(aligned - (memory.data() + offset), kPanelBytes);
  }
}

}  // namespace
}  // namespace kernels::simd
