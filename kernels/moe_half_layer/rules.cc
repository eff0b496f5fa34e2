#include "kernels/moe_half_layer/rules.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernels/moe_gate/moe_gate_rules.h"
#include "kernels/moe_half_layer/moe_half_layer_golden.h"

namespace kernels::moe_half_layer {
namespace {

using tilesmith::Comparator;
using tilesmith::DType;
using tilesmith::Finding;
using tilesmith::Outcome;
using Args = MoeHalfLayerArgs;

/// An outcome of the layer as moe_gate's: x_mixed is what went in.
class GateOutcome : public Outcome {
 public:
  explicit GateOutcome(const Outcome& layer) : layer_(layer) {}

  std::int64_t Dim(std::string_view name) const override { return layer_.Dim(name); }
  double Scalar(std::string_view name) const override { return layer_.Scalar(name); }
  Finding Under(const Comparator& rule, std::string_view operand) const override {
    return layer_.Under(rule, operand);
  }

 private:
  template <typename T>
  std::pair<const void*, std::size_t> Of(Side side, std::string_view name) const {
    const std::span<const T> found = side == Side::kActual || name == "x_mixed"
                                         ? layer_.Actual<T>(name)
                                     : side == Side::kExpected ? layer_.Expected<T>(name)
                                                               : layer_.Input<T>(name);
    return {found.data(), found.size()};
  }
  std::pair<const void*, std::size_t> Find(Side side, std::string_view name,
                                           DType dtype) const override {
    if (dtype == DType::kBf16) return Of<bf16>(side, name);
    if (dtype == DType::kF32) return Of<float>(side, name);
    return Of<std::int32_t>(side, name);
  }

  const Outcome& layer_;
};

/// The ids of one outcome, and the tokens whose are not the golden's.
class Ids {
 public:
  explicit Ids(const Outcome& outcome)
      : expected_(outcome.Expected<std::int32_t>("indices")),
        actual_(outcome.Actual<std::int32_t>("indices")),
        top_k_(static_cast<std::size_t>(outcome.Dim("TOPK"))),
        experts_(outcome.Dim("E")) {}

  bool Differ(std::size_t t) const {
    return !std::ranges::equal(Row(expected_, t), Row(actual_, t));
  }
  bool Differ() const { return !expected_.empty() && !std::ranges::equal(expected_, actual_); }
  /// Whether each token's are distinct and in range, those that differ.
  bool AreValid() const {
    for (std::size_t t = 0; t * top_k_ < actual_.size(); ++t) {
      if (!Differ(t)) continue;
      std::vector<std::int32_t> sorted(Row(actual_, t).begin(), Row(actual_, t).end());
      std::ranges::sort(sorted);
      if (sorted.front() < 0 || sorted.back() >= experts_) return false;
      if (std::ranges::adjacent_find(sorted) != sorted.end()) return false;
    }
    return true;
  }
  std::span<const std::int32_t> actual() const { return actual_; }

 private:
  std::span<const std::int32_t> Row(std::span<const std::int32_t> ids, std::size_t t) const {
    return ids.subspan(t * top_k_, top_k_);
  }

  std::span<const std::int32_t> expected_, actual_;
  std::size_t top_k_;
  std::int64_t experts_;
};

/// The golden's x_next if every token had these ids: a layer whose table decides, with a word of
/// its own for every token.
class Redone {
 public:
  Redone(const Outcome& outcome, std::span<const std::int32_t> ids) : outcome_(outcome) {
    SetSizes();
    SetInputs();
    SetExperts();
    words_.resize(static_cast<std::size_t>(args_.T));
    std::iota(words_.begin(), words_.end(), 0);
    args_.VOCAB = args_.T;
    args_.layer_id = 0;
    args_.num_hash_layers = 1;
    args_.tid2eid = ids.data();
    args_.input_ids = words_.data();
    const auto elements = static_cast<std::size_t>(args_.T) * static_cast<std::size_t>(args_.D);
    x_mixed_.resize(elements);
    indices_.resize(ids.size());
    x_next_.resize(4 * elements);
    args_.x_mixed = x_mixed_.data();
    args_.indices = indices_.data();
    args_.x_next = x_next_.data();
    MoeHalfLayerGolden(args_);
  }

  std::span<const float> Token(std::size_t t) const {
    const auto size = static_cast<std::size_t>(4 * args_.D);
    return std::span(x_next_).subspan(t * size, size);
  }

 private:
  template <typename T>
  void Set(const char* name, const T* Args::*member) {
    args_.*member = outcome_.Input<T>(name).data();
  }
  void Set(const char* name, const signed char* Args::*member) {
    args_.*member = outcome_.Input<std::int8_t>(name).data();
  }

  void SetSizes() {
    const std::pair<const char*, int Args::*> sizes[] = {{"T", &Args::T},
                                                         {"D", &Args::D},
                                                         {"E", &Args::E},
                                                         {"TOPK", &Args::TOPK},
                                                         {"MI", &Args::MI},
                                                         {"RECV_MAX", &Args::RECV_MAX},
                                                         {"num_tokens", &Args::num_tokens}};
    for (const auto& [name, member] : sizes) {
      args_.*member = static_cast<int>(outcome_.Dim(name));
    }
    args_.route_scale = static_cast<float>(outcome_.Scalar("route_scale"));
    args_.swiglu_limit = static_cast<float>(outcome_.Scalar("swiglu_limit"));
  }
  void SetInputs() {
    Set("x_hc", &Args::x_hc);
    Set("hc_ffn_fn", &Args::hc_ffn_fn);
    Set("hc_ffn_scale", &Args::hc_ffn_scale);
    Set("hc_ffn_base", &Args::hc_ffn_base);
    Set("norm_w", &Args::norm_w);
    Set("gate_w", &Args::gate_w);
    Set("gate_bias", &Args::gate_bias);
  }
  void SetExperts() {
    Set("routed_w1", &Args::routed_w1);
    Set("routed_w1_scale", &Args::routed_w1_scale);
    Set("routed_w3", &Args::routed_w3);
    Set("routed_w3_scale", &Args::routed_w3_scale);
    Set("routed_w2", &Args::routed_w2);
    Set("routed_w2_scale", &Args::routed_w2_scale);
    Set("shared_w1", &Args::shared_w1);
    Set("shared_w1_scale", &Args::shared_w1_scale);
    Set("shared_w3", &Args::shared_w3);
    Set("shared_w3_scale", &Args::shared_w3_scale);
    Set("shared_w2", &Args::shared_w2);
    Set("shared_w2_scale", &Args::shared_w2_scale);
  }

  const Outcome& outcome_;
  Args args_{};
  std::vector<std::int64_t> words_;
  std::vector<bf16> x_mixed_;
  std::vector<std::int32_t> indices_;
  std::vector<float> x_next_;
};

/// The golden's x_next, the tokens with other ids redone with them.
std::vector<float> ExpectedOf(const Outcome& outcome, const Ids& ids) {
  const std::span<const float> given = outcome.Expected<float>("x_next");
  std::vector<float> expected(given.begin(), given.end());
  const Redone redone(outcome, ids.actual());
  const auto tokens = static_cast<std::size_t>(outcome.Dim("T"));
  for (std::size_t t = 0; t < tokens; ++t) {
    const std::span<const float> token = redone.Token(t);
    if (!ids.Differ(t)) continue;
    std::ranges::copy(token, expected.begin() + static_cast<std::ptrdiff_t>(t * token.size()));
  }
  return expected;
}

/// kernels.md (a), ratio_reldiff: as tilesmith::RatioRelDiff() says, of any two.
Finding RelDiff(const Comparator& rule, std::span<const float> expected,
                std::span<const float> actual) {
  std::size_t misses = 0, worst_at = 0;
  double worst = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double e = expected[i], a = actual[i], difference = std::fabs(a - e);
    const double size = std::max({std::fabs(a), std::fabs(e), 0x1p-14 / rule.atol}) + 1e-9;
    const double found = difference < rule.atol ? difference : difference / size;
    if (!(found <= rule.atol)) ++misses;
    if (!(found <= worst)) worst = found, worst_at = i;
    if (std::isnan(worst)) break;
  }
  const double allowed = std::round(rule.ratio * static_cast<double>(expected.size()));
  const double share =
      misses == 0 ? worst / rule.atol : static_cast<double>(misses) / std::max(allowed, 1.0);
  if (static_cast<double>(misses) <= allowed && worst < rule.cap) return {share, ""};
  return {share, "x_next, given the ids that were chosen: " + std::to_string(misses) + " of " +
                     std::to_string(expected.size()) + " miss, the worst at " +
                     std::to_string(worst_at) + ": expected " + std::to_string(expected[worst_at]) +
                     ", got " + std::to_string(actual[worst_at])};
}

}  // namespace

Comparator IdsGivenX() {
  const Comparator gate = RoutedIds<MoeGateArgs>();
  return tilesmith::Judged(gate.name + " given x_mixed", [gate](const Outcome& outcome) {
    return gate.rule(GateOutcome(outcome));
  });
}

Comparator NextGivenIds() {
  const Comparator plain = tilesmith::RatioRelDiff(3e-3, 0.05, 1);
  return tilesmith::Judged(plain.ToString() + " given ids", [plain](const Outcome& outcome) {
    const Ids ids(outcome);
    if (!ids.Differ() || !ids.AreValid()) return outcome.Under(plain, "x_next");
    return RelDiff(plain, ExpectedOf(outcome, ids), outcome.Actual<float>("x_next"));
  });
}

}  // namespace kernels::moe_half_layer
