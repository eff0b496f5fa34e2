#include "kernels/o_proj/attn_out_rule.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
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

// One token, one head, one group of one row, whose a = 512·1·(127/512) = 127: the code's scale is
// 1. wo_b = 64 and 1 with scales 1/64 and 1: a code is worth 1 in both of the 200 outputs'
// channels.
class FakeOutcome : public tilesmith::Outcome {
 public:
  FakeOutcome() : expected(kD, golden::Bf16Rne(100)), actual(expected) {
    for (std::size_t d = 0; d < kD; ++d) {
      wo_b.push_back(d % 2 == 0 ? 64 : 1);
      wo_b_scale.push_back(d % 2 == 0 ? 1.0f / 64 : 1.0f);
    }
  }

  std::int64_t Dim(std::string_view name) const override {
    return name == "D" ? static_cast<std::int64_t>(kD) : 1;
  }
  double Scalar(std::string_view) const override { throw std::logic_error("no scalar asked"); }
  Finding Under(const tilesmith::Comparator& rule, std::string_view) const override {
    std::size_t misses = 0;
    for (std::size_t i = 0; i < kD; ++i) {
      const double e = golden::ToFloat(expected[i]), a = golden::ToFloat(actual[i]);
      const bool near = std::fabs(a - e) <= rule.atol + rule.rtol * std::fabs(e);
      misses += near ? 0 : 1;
    }
    if (static_cast<double>(misses) <= std::round(rule.ratio * kD)) return {0, ""};
    return {2, "plain rule"};
  }

  static constexpr std::size_t kD = 200;
  std::vector<bf16> expected, actual;
  std::vector<bf16> wo_a = std::vector<bf16>(512, golden::Bf16Rne(127.0f / 512));
  std::vector<std::int8_t> wo_b;
  std::vector<float> wo_b_scale;

 private:
  std::pair<const void*, std::size_t> Find(Side side, std::string_view name, DType) const override {
    if (name == "attn_out" && side == Side::kExpected) return {expected.data(), kD};
    if (name == "attn_out") return {actual.data(), kD};
    if (name == "wo_a") return {wo_a.data(), wo_a.size()};
    if (name == "wo_b") return {wo_b.data(), kD};
    if (name == "wo_b_scale") return {wo_b_scale.data(), kD};
    throw std::logic_error("unknown operand");
  }
};

Finding Judge(const FakeOutcome& outcome) {
  const auto make_o = [](const tilesmith::Outcome&) {
    return std::vector<bf16>(512, golden::Bf16Rne(1));
  };
  return AttnOutRule(make_o).rule(outcome);
}

TEST(AttnOutRule, EqualIsAccepted) { EXPECT_EQ(Judge(FakeOutcome()).message, ""); }

// 100 allows 0.0001 + 100/128 = 0.78; three codes are worth 3 more.
TEST(AttnOutRule, ThreeCodesInEveryOutputAreAccepted) {
  FakeOutcome outcome;
  for (bf16& value : outcome.actual) value = golden::Bf16Rne(103.5f);
  const Finding finding = Judge(outcome);
  EXPECT_EQ(finding.message, "");
  EXPECT_NEAR(finding.error_share, 3.5 / (1e-4 + 100.0 / 128 + 3), 1e-3);
}

TEST(AttnOutRule, FourCodesAreNot) {
  FakeOutcome outcome;
  for (bf16& value : outcome.actual) value = golden::Bf16Rne(104);
  const Finding finding = Judge(outcome);
  EXPECT_NE(finding.message.find("attn_out[0,0]"), std::string::npos) << finding.message;
  EXPECT_GT(finding.error_share, 1);
}

// One of 200 outputs may miss by any amount under the plain rule, two may not.
TEST(AttnOutRule, OutliersAreThePlainRules) {
  FakeOutcome outcome;
  outcome.actual[7] = golden::Bf16Rne(-500);
  EXPECT_EQ(Judge(outcome).message, "");
  outcome.actual[8] = golden::Bf16Rne(-500);
  EXPECT_NE(Judge(outcome).message, "");
}

TEST(AttnOutRule, NanIsRejected) {
  FakeOutcome outcome;
  for (bf16& value : outcome.actual) {
    value = golden::Bf16Rne(std::numeric_limits<float>::quiet_NaN());
  }
  EXPECT_NE(Judge(outcome).message, "");
}

}  // namespace
}  // namespace kernels
