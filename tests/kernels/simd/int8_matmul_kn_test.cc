#include "kernels/simd/int8_matmul_kn.h"

#include <cstdint>
#include <random>

#include <gtest/gtest.h>

#include "tests/kernels/guarded.h"

namespace kernels::simd {
namespace {

struct Size {
  long T, N, K;
};

std::size_t Area(long rows, long columns) { return static_cast<std::size_t>(rows * columns); }

template <int kColumns, int kKTile>
void ExpectProduct(const Size& size) {
  std::mt19937_64 random(7);
  Guarded<std::int8_t> codes(Area(size.T, size.K)), weights(Area(size.K, size.N));
  for (std::int8_t& code : codes.all()) code = static_cast<std::int8_t>(random());
  for (std::int8_t& weight : weights.all()) weight = static_cast<std::int8_t>(random());
  Guarded<int> sums(static_cast<std::size_t>(SumsSize(size.T, size.N)));
  const Int8MatMulKN m{codes.data(), weights.data(), sums.data(), size.T, size.N, size.K};
  for (long n = 0; n < size.N; n += kColumns) MatMulColumns<kColumns, kKTile>(m, n);
  for (long t = 0; t < size.T; ++t) {
    for (long n = 0; n < size.N; ++n) {
      int expected = 0;
      for (long k = 0; k < size.K; ++k) {
        expected += codes[Area(t, size.K) + Area(1, k)] * weights[Area(k, size.N) + Area(1, n)];
      }
      ASSERT_EQ(*SumsAt(sums.data(), t, n, size.N), expected)
          << "T=" << size.T << " N=" << size.N << " K=" << size.K << " at " << t << ',' << n;
    }
  }
}

TEST(Int8MatMulKN, AnyTileGivesTheProductOfAnySize) {
  for (const Size& size : {Size{1, 1, 1}, Size{8, 64, 64}, Size{7, 15, 63}, Size{9, 65, 17},
                           Size{13, 210, 99}, Size{24, 256, 96}}) {
    ExpectProduct<16, 4>(size);
    ExpectProduct<64, 4096>(size);
    ExpectProduct<112, 32>(size);
    ExpectProduct<1024, 64>(size);
  }
}

TEST(Int8MatMulKN, ManyTokensShareAStrip) { ExpectProduct<64, 32>({1029, 70, 37}); }

}  // namespace
}  // namespace kernels::simd
