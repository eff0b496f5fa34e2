#include "tuner/measure/screening.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "results/error.h"
#include "results/statistics.h"

namespace tilesmith {
namespace {

constexpr std::size_t kFirstBound = 4;
constexpr double kBoundDeviations = 3;

double Checked(double ns) {
  TILESMITH_CHECK(ns > 0 && ns <= static_cast<double>(std::numeric_limits<float>::max()));
  return ns;
}

bool StaysInRace(const std::vector<double>& log_ratios, const ScreeningOptions& options) {
  const std::size_t count = log_ratios.size();
  if (count == 1) return log_ratios.front() <= std::log(options.first_rejection);
  if (count < kFirstBound) return true;
  const double deviation = std::max(RobustDeviation(log_ratios), options.deviation_floor);
  const double half_width =
      kBoundDeviations * kMedianErrorFactor * deviation / std::sqrt(static_cast<double>(count));
  return Median(log_ratios) - half_width <= 0;
}

}  // namespace

Screened Screen(const Sampler& sample, const ScreeningOptions& options) {
  TILESMITH_CHECK(options.samples >= 1);
  Screened screened;
  std::vector<double> log_ratios;
  double pivot_before = Checked(sample(true));
  for (int i = 1; i <= options.samples && screened.dropped_at == 0; ++i) {
    const double candidate = Checked(sample(false));
    const double pivot_after = Checked(sample(true));
    const double pivot = std::sqrt(pivot_before * pivot_after);
    screened.samples_ns.push_back(static_cast<float>(candidate));
    screened.pivot_samples_ns.push_back(static_cast<float>(pivot));
    log_ratios.push_back(std::log(candidate / pivot));
    // Being out after the last sample is being out all the same.
    if (!StaysInRace(log_ratios, options)) screened.dropped_at = i;
    pivot_before = pivot_after;
  }
  screened.log_ratio = Median(log_ratios);
  return screened;
}

}  // namespace tilesmith
