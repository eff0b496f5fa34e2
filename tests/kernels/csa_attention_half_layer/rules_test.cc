#include "kernels/csa_attention_half_layer/rules.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/csa_attention_half_layer/csa_attention_half_layer_golden.h"
#include "tests/kernels/csa_attention_half_layer/layer_case.h"

namespace kernels {
namespace {

// A case before the call, as the golden left it, and as a variant did.
class LayerOutcome : public tilesmith::Outcome {
 public:
  LayerOutcome() { CsaAttentionHalfLayerGolden(expected.args); }

  std::int64_t Dim(std::string_view name) const override { return before.Dim(name); }
  double Scalar(std::string_view) const override { throw std::logic_error("it has none"); }
  tilesmith::Finding Under(const tilesmith::Comparator&, std::string_view) const override {
    throw std::logic_error("these rules ask for no other");
  }

  /// Batches that end a window at their second and at their only token of it.
  LayerCase before{{254, 131}, 2}, expected{{254, 131}, 2}, actual{{254, 131}, 2};

 private:
  std::pair<const void*, std::size_t> Find(Side side, std::string_view name,
                                           tilesmith::DType dtype) const override {
    const LayerCase& from = side == Side::kInput      ? before
                            : side == Side::kExpected ? expected
                                                      : actual;
    const std::vector<std::byte>& bytes = from.Bits(std::string(name));
    return {bytes.data(), bytes.size() / tilesmith::SizeOf(dtype)};
  }
};

struct Judged {
  std::string operand;
  tilesmith::Comparator rule;
};

std::vector<Judged> Rules() {
  using namespace csa_half_layer;
  return {{"compress_state", StateGivenX()},
          {"cmp_kv", CompressedGivenX()},
          {"inner_compress_state", InnerStateGivenX()},
          {"idx_kv_cache", KeysGivenX()},
          {"kv_cache", RingsGivenX()}};
}

// Every element of every written row of `operand` off by a twentieth of itself.
void Distort(LayerOutcome& outcome, const std::string& operand) {
  const auto distort = [&]<typename T>(T factor) {
    const std::vector<T> before = outcome.before.Copy<T>(operand);
    const std::span<T> actual = outcome.actual.Get<T>(operand);
    for (std::size_t i = 0; i < actual.size(); ++i) {
      if (actual[i] == before[i]) continue;
      if constexpr (std::is_same_v<T, float>) actual[i] *= factor;
      else actual[i].bits = static_cast<unsigned short>(actual[i].bits + factor.bits);
    }
  };
  if (operand.ends_with("state")) return distort(1.05f);
  distort(bf16{6});
}

TEST(CsaHalfLayerRules, AcceptTheGoldenAndRejectAnother) {
  for (const Judged& judged : Rules()) {
    LayerOutcome outcome;
    CsaAttentionHalfLayerGolden(outcome.actual.args);
    const tilesmith::Finding same = judged.rule.rule(outcome);
    EXPECT_EQ(same.message, "") << judged.operand;
    EXPECT_EQ(same.error_share, 0) << judged.operand;
    Distort(outcome, judged.operand);
    const tilesmith::Finding other = judged.rule.rule(outcome);
    EXPECT_NE(other.message, "") << judged.operand;
    EXPECT_GT(other.error_share, 1) << judged.operand;
  }
}

TEST(CsaHalfLayerRules, RejectRowsThatAreNotWritten) {
  for (const Judged& judged : Rules()) {
    LayerOutcome outcome;
    outcome.actual.Get<bf16>("x_normed")[0] = {};  // the states are as before the call
    EXPECT_NE(judged.rule.rule(outcome).message, "") << judged.operand;
  }
}

// What follows from the emitted x_normed is accepted, and only that.
TEST(CsaHalfLayerRules, FollowTheEmittedX) {
  for (const Judged& judged : Rules()) {
    LayerOutcome outcome;
    const std::span<bf16> norm = outcome.actual.Get<bf16>("attn_norm_w");
    for (std::size_t i = 0; i < norm.size(); i += 3) norm[i].bits ^= 0x8000;
    CsaAttentionHalfLayerGolden(outcome.actual.args);
    EXPECT_EQ(judged.rule.rule(outcome).message, "") << judged.operand;
    Distort(outcome, judged.operand);
    EXPECT_NE(judged.rule.rule(outcome).message, "") << judged.operand;
    // The same states beside the golden's x_normed: nothing explains them.
    CsaAttentionHalfLayerGolden(outcome.actual.args);
    std::ranges::copy(outcome.expected.Get<bf16>("x_normed"),
                      outcome.actual.Get<bf16>("x_normed").begin());
    EXPECT_NE(judged.rule.rule(outcome).message, "") << judged.operand;
  }
}

TEST(CsaHalfLayerRules, RejectNaN) {
  LayerOutcome outcome;
  CsaAttentionHalfLayerGolden(outcome.actual.args);
  const auto slot =
      static_cast<std::size_t>(outcome.actual.Get<std::int64_t>("state_slot_mapping")[0]);
  outcome.actual.Get<float>("compress_state")[slot * 2048 + 7] =
      std::numeric_limits<float>::quiet_NaN();
  EXPECT_NE(csa_half_layer::StateGivenX().rule(outcome).message, "");
}

}  // namespace
}  // namespace kernels
