#include "kernels/moe_gate/moe_gate_rules.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/golden/rounding.h"

namespace kernels {
namespace {

using tilesmith::DType;
using tilesmith::Finding;

// One token, one dimension, five experts whose logits are their router weights. Experts 1 and 2
// share a row, 3 lies within the tolerance below 0.
class FakeOutcome : public tilesmith::Outcome {
 public:
  FakeOutcome() {
    const float score = std::sqrt(golden::Softplus(1.0f)),
                second = std::sqrt(golden::Softplus(0.5f));
    const float scale = 1.5f / (score + second);
    expected_weights = weights = {score * scale, second * scale};
  }

  std::int64_t Dim(std::string_view name) const override { return dims.at(std::string(name)); }
  double Scalar(std::string_view name) const override {
    return name == "route_scale" ? 1.5 : 3;  // num_hash_layers
  }
  Finding Under(const tilesmith::Comparator&, std::string_view) const override {
    throw std::logic_error("no plain rule is asked");
  }

  std::map<std::string, std::int64_t> dims = {{"T", 1},    {"D", 1},        {"E", 5},
                                              {"TOPK", 2}, {"layer_id", 3}, {"num_tokens", 1}};
  std::vector<std::int32_t> ids = {0, 1}, expected_ids = {0, 1};
  std::vector<float> weights, expected_weights;
  std::vector<float> gate_w = {1, 0.5f, 0.5f, 0.99995f, -1};

 private:
  std::pair<const void*, std::size_t> Find(Side side, std::string_view name, DType) const override {
    if (name == "indices") return Of(side == Side::kActual ? ids : expected_ids);
    if (name == "weights") return Of(side == Side::kActual ? weights : expected_weights);
    if (name == "gate_w") return Of(gate_w);
    if (name == "gate_bias") return Of(bias_);
    if (name == "x_mixed" || name == "norm_w") return Of(one_);
    throw std::logic_error("an operand nobody should need");
  }
  template <typename T>
  static std::pair<const void*, std::size_t> Of(const std::vector<T>& values) {
    return {values.data(), values.size()};
  }

  std::vector<float> bias_ = std::vector<float>(5, 0.0f);
  std::vector<bf16> one_ = {golden::Bf16Rne(1)};
};

std::string Ids(const FakeOutcome& outcome) {
  return RoutedIds<MoeGateArgs>().rule(outcome).message;
}
std::string Weights(const FakeOutcome& outcome) {
  return RoutedWeights<MoeGateArgs>(1e-3, 1e-3).rule(outcome).message;
}

TEST(RoutedIds, AcceptsTheGoldens) {
  FakeOutcome outcome;
  EXPECT_EQ(Ids(outcome), "");
  EXPECT_EQ(Weights(outcome), "");
}

TEST(RoutedIds, AcceptsSwapsWithinTheScoresTolerance) {
  FakeOutcome outcome;
  outcome.expected_ids = {0, 3};
  outcome.ids = {3, 0};
  const Finding found = RoutedIds<MoeGateArgs>().rule(outcome);
  EXPECT_EQ(found.message, "");
  EXPECT_GT(found.error_share, 0);
  EXPECT_LE(found.error_share, 1);
  outcome.gate_w[3] = 0.98f;
  EXPECT_NE(Ids(outcome), "");
}

TEST(RoutedIds, RefusesWhatNoToleranceExplains) {
  FakeOutcome outcome;
  outcome.expected_ids = {0, 3};
  for (const std::vector<std::int32_t>& ids :
       {std::vector<std::int32_t>{0, 0}, {0, 4}, {0, 1}, {1, 0}, {0, 5}, {0, -1}, {4, 3}}) {
    outcome.ids = ids;
    EXPECT_NE(Ids(outcome), "") << ids[0] << ' ' << ids[1];
  }
}

TEST(RoutedIds, TwinsComeInTheOrderOfTheirIds) {
  FakeOutcome outcome;
  outcome.gate_w[3] = -1;
  outcome.ids = {0, 2};
  EXPECT_NE(Ids(outcome).find("the lower id"), std::string::npos);
  outcome.gate_w[2] = std::nextafter(0.5f, 0.0f);  // no twin, and as near as can be
  EXPECT_EQ(Ids(outcome), "");
}

TEST(RoutedIds, TableAndInactiveRowsLeaveNoChoice) {
  FakeOutcome outcome;
  outcome.expected_ids = {0, 3};
  outcome.ids = {3, 0};
  outcome.dims["layer_id"] = 2;
  EXPECT_NE(Ids(outcome), "");
  outcome.dims["layer_id"] = 3;
  outcome.dims["num_tokens"] = 0;
  EXPECT_NE(Ids(outcome), "");
}

TEST(RoutedWeights, RefusesWrongOnes) {
  FakeOutcome outcome;
  outcome.weights[0] += 0.01f;
  outcome.weights[1] -= 0.01f;  // the sum stays
  EXPECT_NE(Weights(outcome), "");
  outcome.weights = outcome.expected_weights;
  outcome.weights[0] += 1e-4f;  // near, but the sum is off
  EXPECT_NE(Weights(outcome), "");
  outcome.weights[0] = NAN;
  EXPECT_NE(Weights(outcome), "");
}

TEST(RoutedWeights, FollowTheIdsThatWereChosen) {
  FakeOutcome outcome;
  outcome.gate_w[3] = 2;  // its score is another one
  outcome.ids = {0, 3};
  EXPECT_NE(Weights(outcome), "");
  const float one = std::sqrt(golden::Softplus(1.0f)), two = std::sqrt(golden::Softplus(2.0f));
  outcome.weights = {1.5f * one / (one + two), 1.5f * two / (one + two)};
  EXPECT_EQ(Weights(outcome), "");
}

TEST(RoutedWeights, InactiveRowsAreZero) {
  FakeOutcome outcome;
  outcome.dims["num_tokens"] = 0;
  outcome.expected_weights = {0, 0};
  EXPECT_NE(Weights(outcome), "");
  outcome.weights = {0, 0};
  EXPECT_EQ(Weights(outcome), "");
}

}  // namespace
}  // namespace kernels
