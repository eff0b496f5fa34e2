#include "kernels/moe_gate/moe_gate_rules.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "kernels/moe_gate/moe_gate_golden.h"

namespace kernels {
namespace {

using tilesmith::Finding;
using tilesmith::Outcome;

double Tolerance(float score) { return 1e-4 + 2e-5 * std::fabs(score); }

std::string At(const char* name, std::size_t t, std::size_t k) {
  return std::string(name) + "[" + std::to_string(t) + "," + std::to_string(k) + "]";
}

// One case, its tokens' scores computed when a token needs them.
template <typename Args>
class Routes {
 public:
  explicit Routes(const Outcome& outcome)
      : outcome_(outcome),
        top_k_(static_cast<std::size_t>(outcome.Dim("TOPK"))),
        tokens_(static_cast<std::size_t>(outcome.Dim("T"))) {
    args_.x_mixed = outcome.Input<bf16>("x_mixed").data();
    args_.norm_w = outcome.Input<bf16>("norm_w").data();
    args_.gate_w = outcome.Input<float>("gate_w").data();
    args_.D = static_cast<int>(outcome.Dim("D"));
    args_.E = static_cast<int>(outcome.Dim("E"));
  }

  std::size_t tokens() const { return tokens_; }
  std::size_t top_k() const { return top_k_; }
  bool IsActive(std::size_t t) const {
    return static_cast<std::int64_t>(t) < outcome_.Dim("num_tokens");
  }
  bool IsHashed() const {
    return static_cast<double>(outcome_.Dim("layer_id")) < outcome_.Scalar("num_hash_layers");
  }
  std::span<const std::int32_t> Ids(std::size_t t) const { return ActualRow("indices", t); }
  std::span<const std::int32_t> ExpectedIds(std::size_t t) const {
    return outcome_.Expected<std::int32_t>("indices").subspan(t * top_k_, top_k_);
  }
  bool AreValid(std::span<const std::int32_t> ids) const {
    return std::ranges::all_of(ids, [&](std::int32_t id) { return 0 <= id && id < args_.E; });
  }
  std::vector<float> Scores(std::size_t t) const { return MoeGateScores(args_, t); }
  std::vector<float> Biased(std::size_t t) const {
    std::vector<float> biased = Scores(t);
    const std::span<const float> bias = outcome_.Input<float>("gate_bias");
    for (std::size_t e = 0; e < biased.size(); ++e) biased[e] += bias[e];
    return biased;
  }
  // Whether every sum over the two rows is the same, whatever its order.
  bool AreTwins(std::size_t a, std::size_t b) const {
    const std::span<const float> bias = outcome_.Input<float>("gate_bias");
    const auto D = static_cast<std::size_t>(args_.D);
    return bias[a] == bias[b] &&
           std::memcmp(args_.gate_w + a * D, args_.gate_w + b * D, D * sizeof(float)) == 0;
  }

 private:
  std::span<const std::int32_t> ActualRow(const char* name, std::size_t t) const {
    return outcome_.Actual<std::int32_t>(name).subspan(t * top_k_, top_k_);
  }

  const Outcome& outcome_;
  std::size_t top_k_, tokens_;
  Args args_{};
};

// Ids of one token that are not the golden's.
template <typename Args>
class OtherIds {
 public:
  OtherIds(const Routes<Args>& routes, std::size_t t)
      : routes_(routes), t_(t), ids_(routes.Ids(t)), biased_(routes.Biased(t)) {}

  Finding Judge() {
    std::vector<bool> chosen(biased_.size());
    for (std::size_t k = 0; k < ids_.size() && finding_.message.empty(); ++k) {
      const auto id = static_cast<std::size_t>(ids_[k]);
      if (chosen[id]) Refuse(k, "is chosen twice");
      chosen[id] = true;
      for (std::size_t e = 0; e < biased_.size() && finding_.message.empty(); ++e) {
        if (!chosen[e]) Compare(k, id, e);
      }
    }
    return finding_;
  }

 private:
  // `other` comes after position k, or not at all.
  void Compare(std::size_t k, std::size_t id, std::size_t other) {
    const double allowed = Tolerance(biased_[id]) + Tolerance(biased_[other]);
    const double inverted = static_cast<double>(biased_[other]) - biased_[id];
    if (!(inverted <= allowed)) {
      Refuse(k, "has the score " + std::to_string(biased_[id]) + ", that of expert " +
                    std::to_string(other) + " is " + std::to_string(biased_[other]));
    } else if (other < id && inverted == 0 && routes_.AreTwins(id, other)) {
      Refuse(k, "ties with expert " + std::to_string(other) + ", the lower id");
    }
    finding_.error_share = std::max(finding_.error_share, inverted / allowed);
  }
  void Refuse(std::size_t k, const std::string& why) {
    finding_.message = At("indices", t_, k) + ": expert " + std::to_string(ids_[k]) + " " + why;
  }

  const Routes<Args>& routes_;
  std::size_t t_;
  std::span<const std::int32_t> ids_;
  std::vector<float> biased_;
  Finding finding_;
};

template <typename Args>
Finding JudgeIds(const Outcome& outcome) {
  const Routes<Args> routes(outcome);
  Finding worst;
  for (std::size_t t = 0; t < routes.tokens(); ++t) {
    const auto ids = routes.Ids(t), expected = routes.ExpectedIds(t);
    const auto differs = std::ranges::mismatch(ids, expected).in1 - ids.begin();
    const auto k = static_cast<std::size_t>(differs);
    if (k == ids.size()) continue;
    const bool decided = !routes.IsActive(t) || routes.IsHashed();
    if (decided || !routes.AreValid(ids)) {
      return {0, At("indices", t, k) + " expected " + std::to_string(expected[k]) + ", got " +
                     std::to_string(ids[k])};
    }
    const Finding found = OtherIds<Args>(routes, t).Judge();
    if (!found.message.empty()) return found;
    worst.error_share = std::max(worst.error_share, found.error_share);
  }
  return worst;
}

// The weights of one token, and how far they may be off for the scores' tolerance.
struct Expected {
  std::vector<double> weights, slack;
};

Expected WeightsOf(std::span<const std::int32_t> ids, const std::vector<float>& scores,
                   double route_scale) {
  double sum = 0, slack = 0;
  for (const std::int32_t id : ids) {
    sum += scores[static_cast<std::size_t>(id)];
    slack += Tolerance(scores[static_cast<std::size_t>(id)]);
  }
  Expected expected;
  for (const std::int32_t id : ids) {
    const float score = scores[static_cast<std::size_t>(id)];
    expected.weights.push_back(score / sum * route_scale);
    expected.slack.push_back((Tolerance(score) + score / sum * slack) / sum * route_scale);
  }
  return expected;
}

template <typename Args>
class WeightsRule {
 public:
  WeightsRule(const Outcome& outcome, double atol, double rtol)
      : outcome_(outcome), routes_(outcome), atol_(atol), rtol_(rtol) {}

  Finding Judge() {
    for (std::size_t t = 0; t < routes_.tokens() && finding_.message.empty(); ++t) Token(t);
    return finding_;
  }

 private:
  void Token(std::size_t t) {
    const auto row = [&](auto weights) {
      return weights.subspan(t * routes_.top_k(), routes_.top_k());
    };
    const auto actual = row(outcome_.Actual<float>("weights"));
    const auto expected = row(outcome_.Expected<float>("weights"));
    const bool same_ids = std::ranges::equal(routes_.Ids(t), routes_.ExpectedIds(t));
    if (!routes_.IsActive(t)) {
      Compare(t, actual, {{expected.begin(), expected.end()}, {}}, 0, 0);
    } else if (!same_ids && !routes_.AreValid(routes_.Ids(t))) {
      finding_.message = At("weights", t, 0) + " belongs to an id out of range";
    } else if (!same_ids || !Near(actual, expected)) {
      const double scale = outcome_.Scalar("route_scale");
      Compare(t, actual, WeightsOf(routes_.Ids(t), routes_.Scores(t), scale), atol_, rtol_);
    }
    if (routes_.IsActive(t)) CheckSum(t, actual);
  }

  bool Near(std::span<const float> actual, std::span<const float> expected) const {
    return std::ranges::equal(actual, expected, [&](double a, double e) {
      return std::fabs(a - e) <= atol_ + rtol_ * std::fabs(e);
    });
  }

  void Compare(std::size_t t, std::span<const float> actual, const Expected& expected, double atol,
               double rtol) {
    for (std::size_t k = 0; k < actual.size() && finding_.message.empty(); ++k) {
      const double e = expected.weights[k], slack = expected.slack.empty() ? 0 : expected.slack[k];
      const double allowed = slack + atol + rtol * std::fabs(e), error = std::fabs(actual[k] - e);
      if (!(error <= allowed)) {
        finding_.message = At("weights", t, k) + " expected " + std::to_string(e) + ", got " +
                           std::to_string(actual[k]);
      } else if (allowed > 0) {
        finding_.error_share = std::max(finding_.error_share, error / allowed);
      }
    }
  }

  void CheckSum(std::size_t t, std::span<const float> actual) {
    const double scale = outcome_.Scalar("route_scale");
    double sum = 0;
    for (const float weight : actual) sum += weight;
    if (std::fabs(sum - scale) <= 2e-5 + 1e-6 * std::fabs(scale)) return;
    finding_.message = At("weights", t, 0) + " and its row sum to " + std::to_string(sum) +
                       ", expected " + std::to_string(scale);
  }

  const Outcome& outcome_;
  Routes<Args> routes_;
  double atol_, rtol_;
  Finding finding_;
};

}  // namespace

template <typename Args>
tilesmith::Comparator RoutedIds() {
  return tilesmith::Judged("routed_ids(1e-4,2e-5)", &JudgeIds<Args>);
}

template <typename Args>
tilesmith::Comparator RoutedWeights(double atol, double rtol) {
  return tilesmith::Judged(
      "routed_weights(" + std::to_string(atol) + "," + std::to_string(rtol) + ")",
      [=](const Outcome& outcome) { return WeightsRule<Args>(outcome, atol, rtol).Judge(); });
}

template tilesmith::Comparator RoutedIds<MoeGateArgs>();
template tilesmith::Comparator RoutedIds<MoeGateV3Args>();
template tilesmith::Comparator RoutedWeights<MoeGateArgs>(double, double);
template tilesmith::Comparator RoutedWeights<MoeGateV3Args>(double, double);

}  // namespace kernels
