#include "results/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

#include "results/error.h"

namespace tilesmith {
namespace {

constexpr double kDeviationOverMad = 1.4826;  // of normal data

// Largest r with P(Binomial(n, 1/2) < r) <= tail; 0 when even r = 1 has more. Terms are summed as
// logarithms because 2^-n underflows from n = 1075 on.
std::size_t LargestRank(std::size_t n, double tail) {
  double log_term = -static_cast<double>(n) * std::log(2.0);  // of P(X = 0)
  double below = 0;
  std::size_t rank = 0;
  while (rank <= n / 2) {
    below += std::exp(log_term);
    if (!(below <= tail * (1 + 1e-12))) break;  // the slack lets 1 - 2^(1-n) itself be asked for
    log_term += std::log(static_cast<double>(n - rank)) - std::log(static_cast<double>(rank + 1));
    ++rank;
  }
  return rank;
}

double NormalTail(double z) { return 0.5 * std::erfc(z / std::sqrt(2.0)); }

// z such that a normal variable lies within ±z with this probability. Bisection: called once per
// message, so the plainest method that is right to the last bits.
double TwoSidedQuantile(double confidence) {
  double low = 0, high = 40;
  for (int i = 0; i < 100; ++i) {
    const double middle = 0.5 * (low + high);
    (2 * NormalTail(middle) > 1 - confidence ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

Verdict Judge(const Comparison& c, double tie_band) {
  const double upper = 1 + tie_band, lower = 1 / upper;
  if (c.ci_low > 1 && c.speedup >= upper) return Verdict::kWin;
  if (c.ci_high < 1 && c.speedup <= lower) return Verdict::kLoss;
  if (c.ci_low >= lower && c.ci_high <= upper) return Verdict::kTie;
  return Verdict::kUndecided;
}

}  // namespace

double Median(std::vector<double> values) {
  TILESMITH_CHECK(!values.empty());
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return 0.5 * (*std::max_element(values.begin(), middle) + *middle);
}

double RobustDeviation(const std::vector<double>& values) {
  const double center = Median(values);
  std::vector<double> deviations;
  deviations.reserve(values.size());
  for (const double value : values) deviations.push_back(std::abs(value - center));
  return kDeviationOverMad * Median(std::move(deviations));
}

Interval MedianInterval(std::vector<double> values, double confidence) {
  TILESMITH_CHECK(confidence > 0 && confidence < 1);
  const std::size_t rank = LargestRank(values.size(), 0.5 * (1 - confidence));
  if (rank == 0) {
    return {-std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
  }
  std::sort(values.begin(), values.end());
  return {values[rank - 1], values[values.size() - rank]};
}

std::vector<double> LogRatios(std::span<const float> a, std::span<const float> b) {
  TILESMITH_CHECK(a.size() == b.size());
  constexpr float kMax = std::numeric_limits<float>::max();
  std::vector<double> ratios;
  ratios.reserve(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    TILESMITH_CHECK(a[i] > 0 && a[i] <= kMax && b[i] > 0 && b[i] <= kMax);
    ratios.push_back(std::log(static_cast<double>(b[i])) - std::log(static_cast<double>(a[i])));
  }
  return ratios;
}

Comparison Compare(std::span<const float> baseline, std::span<const float> candidate,
                   double confidence, double tie_band) {
  TILESMITH_CHECK(tie_band >= 0);
  const std::vector<double> gains = LogRatios(candidate, baseline);
  const Interval interval = MedianInterval(gains, confidence);
  Comparison result{.speedup = std::exp(Median(gains)),
                    .ci_low = std::exp(interval.low),
                    .ci_high = std::exp(interval.high)};
  result.verdict = Judge(result, tie_band);
  return result;
}

double PairsToSettle(double log_gap, double pair_deviation, double confidence) {
  TILESMITH_CHECK(confidence > 0 && confidence < 1);
  const double ratio =
      TwoSidedQuantile(confidence) * kMedianErrorFactor * pair_deviation / std::abs(log_gap);
  return ratio * ratio;  // infinite for no gap
}

}  // namespace tilesmith
