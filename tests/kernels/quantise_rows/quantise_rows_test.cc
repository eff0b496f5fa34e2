#include "kernels/quantise_rows/quantise_rows.h"

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/quantise_rows/quantise_rows_golden.h"
#include "tests/kernels/guarded.h"

namespace kernels {
namespace {

struct Tiles {
  int T_TILE = 2;
  int QUANT_TILE = 48;
};

struct Result {
  std::vector<std::int8_t> codes;
  std::vector<float> scale;
};

Result Quantise(void (*kernel)(const QuantiseRowsArgs&), const std::vector<float>& values, int T) {
  const std::size_t rows = static_cast<std::size_t>(T);
  Guarded<float> v(values.size()), scale(rows);
  Guarded<std::int8_t> codes(values.size());
  std::copy(values.begin(), values.end(), v.begin());
  kernel({v.data(), codes.data(), scale.data(), T, static_cast<int>(values.size() / rows)});
  return {{codes.begin(), codes.end()}, {scale.begin(), scale.end()}};
}

// The example of kernels.md §0.3.
TEST(QuantiseRows, GivesTheCodesOfTheSpecification) {
  const std::vector<float> v{.5f, -1, .25f, .0039215f, .126f};
  for (auto* kernel : {&QuantiseRowsGolden, &QuantiseRows<Tiles{}>}) {
    const Result result = Quantise(kernel, v, 1);
    EXPECT_EQ(result.codes, (std::vector<std::int8_t>{64, -127, 32, 0, 16}));
    EXPECT_EQ(result.scale[0], 0.007874015718698502f);
  }
}

TEST(QuantiseRows, TiesGoToTheEvenCode) {
  const std::vector<float> v{127, 62.5f, 63.5f, -62.5f, -63.5f, 0.5f, -0.5f};
  for (auto* kernel : {&QuantiseRowsGolden, &QuantiseRows<Tiles{}>}) {
    EXPECT_EQ(Quantise(kernel, v, 1).codes,
              (std::vector<std::int8_t>{127, 62, 64, -62, -64, 0, 0}));
  }
}

TEST(QuantiseRows, ARowOfZerosHasTheLeastScale) {
  for (auto* kernel : {&QuantiseRowsGolden, &QuantiseRows<Tiles{}>}) {
    const Result result = Quantise(kernel, {0, -0.0f, 0}, 1);
    EXPECT_EQ(result.codes, (std::vector<std::int8_t>{0, 0, 0}));
    EXPECT_EQ(result.scale[0], 1.0f / (127.0f / 1e-4f));
  }
}

TEST(QuantiseRows, IsTheGoldenForAnySize) {
  std::mt19937_64 random(3);
  for (int T : {1, 2, 5}) {
    for (int N : {1, 15, 16, 17, 48, 49, 200}) {
      std::vector<float> v(static_cast<std::size_t>(T * N));
      for (float& value : v) value = SmallValue(random);
      const Result expected = Quantise(&QuantiseRowsGolden, v, T);
      const Result actual = Quantise(&QuantiseRows<Tiles{}>, v, T);
      EXPECT_EQ(actual.codes, expected.codes) << T << " × " << N;
      EXPECT_EQ(actual.scale, expected.scale) << T << " × " << N;
    }
  }
}

}  // namespace
}  // namespace kernels
