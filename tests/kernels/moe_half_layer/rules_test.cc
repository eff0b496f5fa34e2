#include "kernels/moe_half_layer/rules.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/moe_half_layer/moe_half_layer_golden.h"
#include "tests/kernels/moe_half_layer/layer.h"

namespace kernels {
namespace {

using tilesmith::DType;
using tilesmith::Finding;
using Args = MoeHalfLayerArgs;

constexpr LayerSize kSize = {
    .T = 4, .D = 40, .E = 6, .TOPK = 2, .MI = 24, .RECV_MAX = 4, .num_tokens = 3};

// The golden's outcome of a small layer, and one that a variant might give.
class FakeOutcome : public tilesmith::Outcome {
 public:
  /// Experts 4 and 5 are every token's two best, and differ by `gap` in the first column alone.
  explicit FakeOutcome(float gap = 1e-5f) {
    float* gate = layer_.Edit(&Args::gate_w);
    std::copy_n(gate + 4 * kSize.D, kSize.D, gate + 5 * kSize.D);
    gate[5 * kSize.D] += gap;
    layer_.Edit(&Args::gate_bias)[4] = layer_.Edit(&Args::gate_bias)[5] = 5;
    expected_next = next = layer_.Next(&MoeHalfLayerGolden);
    expected_ids = ids = layer_.Ids();
    const Args& a = layer_.args;
    mixed = expected_mixed = {a.x_mixed, a.x_mixed + kSize.T * kSize.D};
  }

  std::int64_t Dim(std::string_view name) const override {
    static const std::map<std::string, std::int64_t, std::less<>> dims = {
        {"T", kSize.T},       {"D", kSize.D},   {"E", kSize.E},
        {"TOPK", kSize.TOPK}, {"MI", kSize.MI}, {"RECV_MAX", kSize.RECV_MAX},
        {"VOCAB", kSize.E},   {"layer_id", 10}, {"num_tokens", kSize.num_tokens}};
    return dims.find(name)->second;
  }
  double Scalar(std::string_view name) const override {
    return name == "route_scale" ? 1.5 : name == "swiglu_limit" ? 10 : 3;
  }
  Finding Under(const tilesmith::Comparator& rule, std::string_view operand) const override {
    EXPECT_EQ(rule.ToString(), tilesmith::RatioRelDiff(3e-3, 0.05, 1).ToString());
    EXPECT_EQ(operand, "x_next");
    return {0, next == expected_next ? "" : "plainly other"};
  }

  /// x_next as the golden makes it when token t goes to these.
  std::vector<float> NextWith(std::size_t t, std::int32_t first, std::int32_t second) {
    Layer other(kSize);
    const auto elements = static_cast<std::size_t>(4 * kSize.D);
    std::copy_n(layer_.args.gate_w, kSize.E * kSize.D, other.Edit(&Args::gate_w));
    other.args.layer_id = 0;
    std::int32_t* table = other.Edit(&Args::tid2eid);
    for (std::int64_t word = 0; word < kSize.T; ++word) other.Edit(&Args::input_ids)[word] = word;
    std::ranges::copy(expected_ids, table);
    table[2 * t] = first;
    table[2 * t + 1] = second;
    const std::vector<float> all = other.Next(&MoeHalfLayerGolden);
    std::vector<float> result = expected_next;
    std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(t * elements), elements,
                result.begin() + static_cast<std::ptrdiff_t>(t * elements));
    return result;
  }

  std::vector<float> next, expected_next;
  std::vector<std::int32_t> ids, expected_ids;
  std::vector<bf16> mixed, expected_mixed;

 private:
  template <typename T>
  static std::pair<const void*, std::size_t> Of(const std::vector<T>& values) {
    return {values.data(), values.size()};
  }
  template <typename T>
  static std::pair<const void*, std::size_t> Of(const T* data, int size) {
    return {data, static_cast<std::size_t>(size)};
  }
  std::pair<const void*, std::size_t> Find(Side side, std::string_view name, DType) const override {
    const Args& a = layer_.args;
    const int weights = kSize.MI * kSize.D, D = kSize.D, E = kSize.E, MI = kSize.MI;
    if (name == "x_mixed") {
      if (side == Side::kInput) throw std::logic_error("x_mixed is no input");
      return Of(side == Side::kActual ? mixed : expected_mixed);
    }
    if (name == "indices") return Of(side == Side::kActual ? ids : expected_ids);
    if (name == "x_next") return Of(side == Side::kActual ? next : expected_next);
    if (name == "x_hc") return Of(a.x_hc, kSize.T * 4 * D);
    if (name == "hc_ffn_fn") return Of(a.hc_ffn_fn, 96 * D);
    if (name == "hc_ffn_scale") return Of(a.hc_ffn_scale, 3);
    if (name == "hc_ffn_base") return Of(a.hc_ffn_base, 24);
    if (name == "norm_w") return Of(a.norm_w, D);
    if (name == "gate_w") return Of(a.gate_w, E * D);
    if (name == "gate_bias") return Of(a.gate_bias, E);
    if (name == "routed_w1") return Of(a.routed_w1, E * weights);
    if (name == "routed_w1_scale") return Of(a.routed_w1_scale, E * MI);
    if (name == "routed_w3") return Of(a.routed_w3, E * weights);
    if (name == "routed_w3_scale") return Of(a.routed_w3_scale, E * MI);
    if (name == "routed_w2") return Of(a.routed_w2, E * weights);
    if (name == "routed_w2_scale") return Of(a.routed_w2_scale, E * D);
    if (name == "shared_w1") return Of(a.shared_w1, weights);
    if (name == "shared_w1_scale") return Of(a.shared_w1_scale, MI);
    if (name == "shared_w3") return Of(a.shared_w3, weights);
    if (name == "shared_w3_scale") return Of(a.shared_w3_scale, MI);
    if (name == "shared_w2") return Of(a.shared_w2, weights);
    if (name == "shared_w2_scale") return Of(a.shared_w2_scale, D);
    throw std::logic_error("an operand nobody should need: " + std::string(name));
  }

  Layer layer_{kSize};
};

std::string Ids(const FakeOutcome& outcome) {
  return moe_half_layer::IdsGivenX().rule(outcome).message;
}
std::string Next(const FakeOutcome& outcome) {
  return moe_half_layer::NextGivenIds().rule(outcome).message;
}

TEST(MoeHalfLayerRules, AcceptTheGoldens) {
  const FakeOutcome outcome;
  EXPECT_EQ(Ids(outcome), "");
  EXPECT_EQ(Next(outcome), "");
}

TEST(MoeHalfLayerRules, AcceptTiesOtherwiseBrokenButNotStrangers) {
  FakeOutcome outcome;
  ASSERT_EQ(std::max(outcome.ids[2], outcome.ids[3]), 5);
  ASSERT_EQ(std::min(outcome.ids[2], outcome.ids[3]), 4);
  std::swap(outcome.ids[2], outcome.ids[3]);
  EXPECT_EQ(Ids(outcome), "");
  outcome.ids[3] = 0;
  EXPECT_NE(Ids(outcome), "");
}

// The first column decides between 4 and 5: where its sign is another, so is the order.
TEST(MoeHalfLayerRules, JudgeIdsByTheXThatTheVariantEmitted) {
  FakeOutcome outcome(0.5f);
  std::swap(outcome.ids[2], outcome.ids[3]);
  EXPECT_NE(Ids(outcome), "");
  bf16& first = outcome.mixed[kSize.D];  // of token 1
  first = golden::Bf16Rne(-golden::ToFloat(first));
  EXPECT_EQ(Ids(outcome), "");
}

TEST(MoeHalfLayerRules, OtherIdsAskForWhatTheGoldenMakesOfThem) {
  FakeOutcome outcome;
  outcome.ids[2] = 0;  // token 1
  EXPECT_NE(Next(outcome), "") << "x_next is still that of the golden's ids";
  outcome.next = outcome.NextWith(1, 0, outcome.ids[3]);
  EXPECT_EQ(Next(outcome), "");
  outcome.next[0] += 0.1f;  // one of 640 elements may miss
  EXPECT_EQ(Next(outcome), "");
  for (std::size_t i = 0; i < 33; ++i) outcome.next[i] += 0.1f;  // more than 5 % may not
  EXPECT_NE(Next(outcome), "");
}

TEST(MoeHalfLayerRules, RefuseNanAndWholesaleErrors) {
  FakeOutcome outcome;
  outcome.ids[2] = 0;
  outcome.next = outcome.NextWith(1, 0, outcome.ids[3]);
  const float kept = outcome.next[7];
  outcome.next[7] = std::nanf("");
  EXPECT_NE(Next(outcome), "");
  outcome.next[7] = -kept;
  EXPECT_NE(Next(outcome), "") << "the cap";
}

// No golden can be asked what comes of ids that are none.
TEST(MoeHalfLayerRules, InvalidIdsAreLeftToTheirOwnRule) {
  for (const std::int32_t id : {-1, kSize.E, 5}) {
    FakeOutcome outcome;
    outcome.ids[2] = id;
    outcome.ids[3] = 5;
    if (outcome.ids == outcome.expected_ids) outcome.ids[2] = 5;
    EXPECT_NE(Ids(outcome), "") << id;
    EXPECT_EQ(Next(outcome), "") << id;
    outcome.next[0] += 1;
    EXPECT_NE(Next(outcome), "") << id;
  }
}

}  // namespace
}  // namespace kernels
