#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <span>
#include <string>

#include <gtest/gtest.h>

#include "tests/kernels/fake_inputs.h"
#include "tuner/kernel.h"

namespace tilesmith {
namespace {

constexpr std::size_t kT = 4, kD = 512, kMI = 256;

class ExpertSharedInputs : public testing::Test {
 protected:
  static FakeInputs Prepared(std::uint64_t seed) {
    FakeInputs inputs(seed);
    inputs.Add<std::int8_t>("x_local_i8", kT * kD);
    inputs.Add<float>("x_local_scale_dq", kT);
    for (const std::string name : {"shared_w1", "shared_w3", "shared_w2"}) {
      inputs.Add<std::int8_t>(name, kMI * kD);
      inputs.Add<float>(name + "_scale", name == "shared_w2" ? kD : kMI);
    }
    Registry::Get().Find("expert_shared")->prepare(inputs);
    return inputs;
  }

  // Of the dequantised elements.
  static double Deviation(FakeInputs& inputs, const std::string& name) {
    const std::span<std::int8_t> codes = inputs.Get<std::int8_t>(name);
    const std::span<float> scales = inputs.Get<float>(name + "_scale");
    const std::size_t k = codes.size() / scales.size();
    double squares = 0;
    for (std::size_t i = 0; i < codes.size(); ++i) squares += std::pow(codes[i] * scales[i / k], 2);
    return std::sqrt(squares / static_cast<double>(codes.size()));
  }

  static int LargestOfRow(std::span<std::int8_t> codes, std::size_t row, std::size_t k) {
    int largest = 0;
    for (std::int8_t code : codes.subspan(row * k, k)) largest = std::max(largest, std::abs(code));
    return largest;
  }
};

// P2 and P3 both make the largest magnitude of a row 127.
TEST_F(ExpertSharedInputs, EveryRowReaches127) {
  FakeInputs inputs = Prepared(1);
  for (std::size_t t = 0; t < kT; ++t) {
    EXPECT_EQ(LargestOfRow(inputs.Get<std::int8_t>("x_local_i8"), t, kD), 127);
  }
  for (std::size_t n = 0; n < kMI; ++n) {
    EXPECT_EQ(LargestOfRow(inputs.Get<std::int8_t>("shared_w1"), n, kD), 127);
  }
  for (std::size_t d = 0; d < kD; ++d) {
    EXPECT_EQ(LargestOfRow(inputs.Get<std::int8_t>("shared_w2"), d, kMI), 127);
  }
}

// The largest of 512 standard normal deviates lies near 3: a step is near 3/127.
TEST_F(ExpertSharedInputs, TokensAreNormalDeviates) {
  FakeInputs inputs = Prepared(1);
  const std::span<std::int8_t> codes = inputs.Get<std::int8_t>("x_local_i8");
  double squares = 0;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    squares += std::pow(codes[i] * inputs.Get<float>("x_local_scale_dq")[i / kD], 2);
  }
  // 2048 deviates: the estimate's own deviation is 1/sqrt(2·2048) = 1.6 %.
  EXPECT_NEAR(std::sqrt(squares / (kT * kD)), 1, 0.08);
}

// kernels.md §10.1. The scales' spread dominates the error: with cv = 0.5 the mean of 256 squared
// log-normal scales deviates by sqrt((e^(4·0.25)−1)/256) = 8 %, its root by 4 %.
TEST_F(ExpertSharedInputs, WeightsHaveTheTrainedDeviation) {
  FakeInputs inputs = Prepared(1);
  EXPECT_NEAR(Deviation(inputs, "shared_w1") / 1.71e-2, 1, 0.16);
  EXPECT_NEAR(Deviation(inputs, "shared_w3") / 1.70e-2, 1, 0.16);
  EXPECT_NEAR(Deviation(inputs, "shared_w2") / 1.68e-2, 1, 0.10);
}

TEST_F(ExpertSharedInputs, CodesAreCentred) {
  FakeInputs inputs = Prepared(1);
  const std::span<std::int8_t> codes = inputs.Get<std::int8_t>("shared_w1");
  const double mean =
      std::accumulate(codes.begin(), codes.end(), 0.0) / static_cast<double>(codes.size());
  EXPECT_NEAR(mean, 0, 4 * 35 / std::sqrt(static_cast<double>(codes.size())));
}

TEST_F(ExpertSharedInputs, SeedDecides) {
  FakeInputs one = Prepared(1), again = Prepared(1), other = Prepared(2);
  const auto same = [](FakeInputs& a, FakeInputs& b) {
    return std::ranges::equal(a.Get<std::int8_t>("shared_w2"), b.Get<std::int8_t>("shared_w2")) &&
           std::ranges::equal(a.Get<float>("shared_w2_scale"), b.Get<float>("shared_w2_scale"));
  };
  EXPECT_TRUE(same(one, again));
  EXPECT_FALSE(same(one, other));
}

}  // namespace
}  // namespace tilesmith
