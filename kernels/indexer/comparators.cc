#include "kernels/indexer/comparators.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "kernels/indexer/golden_steps.h"
#include "kernels/topk/topk_contract.h"

namespace kernels::indexer {
namespace {

using tilesmith::Finding;
using tilesmith::Outcome;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Token t's part of an operand [B, S, SCORE_LEN].
template <typename T>
std::span<const T> RowOf(const Outcome& outcome, std::span<const T> all, std::int64_t t) {
  const auto length = static_cast<std::size_t>(outcome.Dim("SCORE_LEN"));
  return all.subspan(static_cast<std::size_t>(t) * length, length);
}

// The largest magnitude of the scores that are some.
double LargestOf(std::span<const float> scores) {
  double largest = 0;
  for (const float s : scores) {
    if (s != kGoldenNegInf) largest = std::max(largest, std::fabs(double{s}));
  }
  return largest;
}

std::string At(const std::string& name, std::int64_t t) {
  return name + " of token " + std::to_string(t) + ' ';
}

Finding Miss(std::int64_t t, std::size_t j, float expected, float actual, const char* why) {
  std::ostringstream text;
  text << At("score", t) << '[' << j << "] expected " << expected << ", got " << actual << ": "
       << why;
  return {kInfinity, text.str()};
}

class ScoreJudge {
 public:
  ScoreJudge(const Outcome& outcome, const ScoreRule& rule, const VisibleOf& visible)
      : outcome_(outcome), rule_(rule), visible_(visible) {}

  Finding Judge() {
    const std::int64_t tokens = outcome_.Dim("B") * outcome_.Dim("S");
    for (std::int64_t t = 0; t < tokens; ++t) {
      if (Finding found = JudgeRow(t); !found.message.empty()) return found;
    }
    const double allowed =
        rule_.outliers == 0
            ? 0
            : std::max(std::round(rule_.outliers * static_cast<double>(compared_)), kFewOutliers);
    if (static_cast<double>(misses_) <= allowed) {
      // Outliers that are allowed count by their share, not by their size.
      return {misses_ == 0 ? share_ : static_cast<double>(misses_) / allowed, ""};
    }
    first_.message +=
        " (" + std::to_string(misses_) + " of " + std::to_string(compared_) + " scores miss)";
    return first_;
  }

 private:
  Finding JudgeRow(std::int64_t t) {
    const auto expected = RowOf(outcome_, outcome_.Expected<float>("score"), t);
    const auto actual = RowOf(outcome_, outcome_.Actual<float>("score"), t);
    const auto visible = static_cast<std::size_t>(visible_(outcome_, t));
    const double largest = LargestOf(expected.first(visible));
    for (std::size_t j = 0; j < expected.size(); ++j) {
      if (j >= visible || expected[j] == kGoldenNegInf) {
        if (actual[j] == kGoldenNegInf) continue;
        return Miss(t, j, kGoldenNegInf, actual[j], "there is no key");
      }
      const double bound = rule_.atol + rule_.rtol * std::fabs(double{expected[j]});
      const double share = std::fabs(double{actual[j]} - double{expected[j]}) / bound;
      ++compared_;
      if (share <= 1) {
        share_ = std::max(share_, share);
        continue;
      }
      if (rule_.cap && !(share * bound <= rule_.cap(expected[j], largest)))
        return Miss(t, j, expected[j], actual[j], "beyond the bound of any single score");
      if (misses_++ == 0) first_ = Miss(t, j, expected[j], actual[j], "beyond tolerance");
    }
    return {};
  }

  const Outcome& outcome_;
  const ScoreRule& rule_;
  const VisibleOf& visible_;
  std::int64_t compared_ = 0, misses_ = 0;
  double share_ = 0;
  Finding first_;
};

Finding JudgeChosen(const Outcome& outcome, const ScoreBound& bound, const VisibleOf& visible,
                    std::size_t k) {
  const auto offset = static_cast<std::int32_t>(outcome.Scalar("offset"));
  Finding worst;
  for (std::int64_t t = 0; t < outcome.Dim("B") * outcome.Dim("S"); ++t) {
    const auto seen = static_cast<std::size_t>(visible(outcome, t));
    const auto chosen = RowOf(outcome, outcome.Actual<std::int32_t>("topk_idxs"), t);
    const auto own = RowOf(outcome, outcome.Actual<float>("score"), t).first(seen);
    const auto golden = RowOf(outcome, outcome.Expected<float>("score"), t).first(seen);
    const double largest = LargestOf(golden);
    const auto of_score = [&](double s) {
      return s == double{kGoldenNegInf} ? 0.0 : bound(s, largest);
    };
    const std::string name = At("topk_idxs", t);
    const Finding found = CheckTopK({golden, chosen, k, offset, of_score}, name);
    if (!found.message.empty()) return found;
    worst.error_share = std::max(worst.error_share, found.error_share);
    if (Finding order = CheckTopKOrder(own, chosen, k, offset, name); !order.message.empty())
      return order;
  }
  return worst;
}

}  // namespace

tilesmith::Comparator ScoresClose(const ScoreRule& rule, const VisibleOf& visible) {
  std::ostringstream name;
  name << "visible scores (" << rule.atol << ',' << rule.rtol << ") but for " << rule.outliers
       << (rule.cap ? ", capped" : "") << "; tail exact";
  return tilesmith::Judged(name.str(), [rule, visible](const Outcome& outcome) {
    return ScoreJudge(outcome, rule, visible).Judge();
  });
}

tilesmith::Comparator BestChosen(const ScoreBound& bound, const VisibleOf& visible,
                                 bool topk_is_scalar) {
  return tilesmith::Judged("top-k contract", [=](const Outcome& outcome) {
    const double k =
        topk_is_scalar ? outcome.Scalar("IDX_TOPK") : static_cast<double>(outcome.Dim("IDX_TOPK"));
    return JudgeChosen(outcome, bound, visible, static_cast<std::size_t>(k));
  });
}

}  // namespace kernels::indexer
