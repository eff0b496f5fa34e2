#include "kernels/golden/fills.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <set>
#include <span>
#include <stdexcept>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/golden/rounding.h"
#include "tests/kernels/fake_inputs.h"

namespace kernels::golden {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAreArray;
using testing::Not;
using testing::UnorderedElementsAre;
using tilesmith::FakeInputs;

constexpr std::size_t kMany = 100000;

struct Moments {
  double mean = 0, deviation = 0, largest = 0;
};

template <typename T, typename Number>
Moments MomentsOf(std::span<const T> values, const Number& number) {
  double sum = 0, squares = 0, largest = 0;
  for (const T& value : values) {
    const double x = number(value);
    sum += x;
    squares += x * x;
    largest = std::max(largest, std::fabs(x));
  }
  const double mean = sum / static_cast<double>(values.size());
  return {mean, std::sqrt(squares / static_cast<double>(values.size()) - mean * mean), largest};
}

double Plain(float value) { return static_cast<double>(value); }

// --- normal deviates ---

// Standard errors at 100,000: 0.0032 of the mean, 0.0022 of the deviation, relatively.
TEST(FillNormal, HasItsDeviation) {
  FakeInputs inputs(1);
  std::vector<float> values(kMany);
  FillNormal(inputs, values, 0.25);
  const Moments moments = MomentsOf(std::span<const float>(values), Plain);
  EXPECT_NEAR(moments.mean, 0, 0.25 * 0.016);
  EXPECT_NEAR(moments.deviation, 0.25, 0.25 * 0.011);
  EXPECT_LT(moments.largest, 0.25 * 4.4);
  EXPECT_GT(moments.largest, 0.25 * 3.5);
}

TEST(FillNormal, IsTheSameInBf16ButForItsRounding) {
  FakeInputs inputs(1), again(1);
  std::vector<float> values(kMany);
  std::vector<tilesmith::bf16> narrow(kMany);
  FillNormal(inputs, values, 0.25);
  FillNormal(again, narrow, 0.25);
  for (std::size_t i = 0; i < kMany; ++i) ASSERT_EQ(ToFloat(narrow[i]), RoundBf16(values[i])) << i;
}

// Four values come from one random number; the last group may be short.
TEST(FillNormal, FillsAnyLengthAndNoFurther) {
  for (const std::size_t length :
       {std::size_t{0}, std::size_t{1}, std::size_t{4}, std::size_t{7}}) {
    FakeInputs inputs(3);
    std::vector<float> values(9, 55.0f);
    FillNormal(inputs, std::span<float>(values).first(length), 1);
    for (std::size_t i = 0; i < values.size(); ++i) {
      EXPECT_EQ(values[i] == 55, i >= length) << i << " of " << length;
    }
  }
}

TEST(FillNormal, NeighboursAreIndependent) {
  FakeInputs inputs(1);
  std::vector<float> values(kMany);
  FillNormal(inputs, values, 1);
  for (const std::size_t apart : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{4}}) {
    double products = 0;
    for (std::size_t i = apart; i < kMany; ++i) {
      products += static_cast<double>(values[i]) * static_cast<double>(values[i - apart]);
    }
    EXPECT_NEAR(products / static_cast<double>(kMany), 0, 0.016) << apart;  // 5 standard errors
  }
}

// --- codes and scales ---

TEST(FillCodes, AreNormalAndWithinTheRangeOfSymmetricCodes) {
  FakeInputs inputs(1);
  std::vector<std::int8_t> codes(kMany, 127);
  FillCodes(inputs, codes);
  const Moments moments = MomentsOf(std::span<const std::int8_t>(codes),
                                    [](std::int8_t code) { return static_cast<double>(code); });
  EXPECT_NEAR(moments.mean, 0, 0.6);
  EXPECT_NEAR(moments.deviation, 127 / 3.7, 1);
  EXPECT_LE(moments.largest, 127);
  EXPECT_THAT(codes, Not(Contains(-128)));
}

TEST(FillCodes, FillsAnyLengthAndNoFurther) {
  for (const std::size_t length :
       {std::size_t{0}, std::size_t{3}, std::size_t{8}, std::size_t{13}}) {
    FakeInputs inputs(3);
    std::vector<std::int8_t> codes(16, -128);
    FillCodes(inputs, std::span<std::int8_t>(codes).first(length));
    for (std::size_t i = 0; i < codes.size(); ++i) EXPECT_EQ(codes[i] == -128, i >= length) << i;
  }
}

/// The weight that codes [K, N] and scales [N] stand for.
Moments WeightOf(FakeInputs& inputs, const char* codes_name, const char* scales_name) {
  const auto codes = inputs.Get<std::int8_t>(codes_name);
  const auto scales = inputs.Get<float>(scales_name);
  std::vector<float> weight(codes.size());
  for (std::size_t i = 0; i < codes.size(); ++i) {
    weight[i] = static_cast<float>(codes[i]) * scales[i % scales.size()];
  }
  return MomentsOf(std::span<const float>(weight), Plain);
}

TEST(FillWeight, HasItsDeviationAndSpread) {
  FakeInputs inputs(1);
  inputs.Add<std::int8_t>("w", 1024 * 512);
  inputs.Add<float>("w_scale", 512);
  FillWeight(inputs, "w", 0.02, 0.3);
  EXPECT_NEAR(WeightOf(inputs, "w", "w_scale").deviation, 0.02, 0.02 * 0.05);
  std::vector<float> logs;
  for (const float scale : inputs.Get<float>("w_scale")) {
    ASSERT_GT(scale, 0);
    logs.push_back(std::log(scale));
  }
  EXPECT_NEAR(MomentsOf(std::span<const float>(logs), Plain).deviation, 0.3,
              0.05);                                         // 5 standard errors
  EXPECT_THAT(inputs.Get<std::int8_t>("w"), Contains(127));  // the ends of the range occur
  EXPECT_THAT(inputs.Get<std::int8_t>("w"), Contains(-127));
}

TEST(FillWeight, TakesAnotherNameForItsScale) {
  FakeInputs inputs(1);
  inputs.Add<std::int8_t>("wq_b", 64 * 64);
  inputs.Add<float>("wq_scale", 64);
  FillWeight(inputs, "wq_b", 0.1, 0, "wq_scale");
  const auto scales = inputs.Get<float>("wq_scale");
  EXPECT_GT(scales[0], 0);
  EXPECT_THAT(scales, Each(scales[0]));  // no spread: cv = 0
}

TEST(FillQuantisedRows, AreP2OfBf16Rows) {
  FakeInputs inputs(1);
  inputs.Add<std::int8_t>("q", 6 * 256);
  inputs.Add<float>("q_scale", 6);
  FillQuantisedRows(inputs, "q", "q_scale");
  const auto codes = inputs.Get<std::int8_t>("q");
  for (std::size_t t = 0; t < 6; ++t) {
    int largest = 0;
    for (const std::int8_t code : codes.subspan(t * 256, 256)) {
      largest = std::max(largest, std::abs(int{code}));
    }
    EXPECT_EQ(largest, 127) << t;  // a row's largest value decides its scale
    const float amax = inputs.Get<float>("q_scale")[t] * 127;
    EXPECT_GT(amax, 1.5f);
    EXPECT_LT(amax, 6.0f);
    EXPECT_NEAR(amax, RoundBf16(amax), 1e-5f) << t;  // it was a bf16 value
  }
}

TEST(FillQuantisedRows, OfNoRows) {
  FakeInputs inputs(1);
  inputs.Add<std::int8_t>("q", 0);
  inputs.Add<float>("q_scale", 0);
  EXPECT_NO_THROW(FillQuantisedRows(inputs, "q", "q_scale"));
}

// --- page tables ---

std::vector<std::int32_t> Table(std::size_t entries, std::int64_t pages, std::uint64_t seed) {
  FakeInputs inputs(seed);
  std::vector<std::int32_t> table(entries, -7);
  FillPageTable(inputs, table, pages);
  return table;
}

TEST(FillPageTable, NamesDistinctPagesOfThePool) {
  const std::vector<std::int32_t> table = Table(40, 64, 1);
  EXPECT_EQ(std::set<std::int32_t>(table.begin(), table.end()).size(), 40u);
  for (const std::int32_t page : table) {
    EXPECT_GE(page, 0);
    EXPECT_LT(page, 64);
  }
}

TEST(FillPageTable, MayUseTheWholePool) {
  EXPECT_THAT(Table(4, 4, 1), UnorderedElementsAre(0, 1, 2, 3));
  EXPECT_THAT(Table(0, 4, 1), testing::IsEmpty());
}

TEST(FillPageTable, IsPermutedBySeed) {
  std::vector<std::int32_t> ordered(64);
  for (std::size_t i = 0; i < ordered.size(); ++i) ordered[i] = static_cast<std::int32_t>(i);
  EXPECT_NE(Table(64, 64, 1), ordered);
  EXPECT_NE(Table(64, 64, 1), Table(64, 64, 2));
  EXPECT_THAT(Table(64, 64, 1), ElementsAreArray(Table(64, 64, 1)));
}

// Each of the twelve pairs occurs in 1200 seeds about equally often: 100 ± 10.
TEST(FillPageTable, IsFair) {
  std::map<std::vector<std::int32_t>, int> counts;
  for (std::uint64_t seed = 0; seed < 1200; ++seed) ++counts[Table(2, 4, seed)];
  EXPECT_EQ(counts.size(), 12u);
  for (const auto& [table, count] : counts) EXPECT_NEAR(count, 100, 45) << table[0] << table[1];
}

TEST(FillPageTable, RefusesAPoolThatIsTooSmall) {
  EXPECT_THROW(Table(5, 4, 1), std::invalid_argument);
}

}  // namespace
}  // namespace kernels::golden
