// The estimators that verdicts rest on. All are distribution-free: timings are skewed, bimodal and
// drifting, and a normal interval on them promises coverage it does not keep (nanobench's
// measurement: sign-test interval 96.7 %, Wilcoxon 91.5 % of a nominal 95 %; docs/measurement.md).
#pragma once

#include <span>
#include <vector>

#include "results/records.h"

namespace tilesmith {

/// Standard error of a median over that of a mean, for normal data: sqrt(pi / 2).
inline constexpr double kMedianErrorFactor = 1.2533;

/// Median; the mean of the two middle values for an even count. Requires values.
double Median(std::vector<double> values);

/// Median absolute deviation from the median, times 1.4826: the standard deviation where the
/// data are normal.
double RobustDeviation(const std::vector<double>& values);

struct Interval {
  double low = 0, high = 0;
};

/// Interval of the median by order statistics: [x_(r), x_(n+1-r)] covers the median with
/// probability 1 − 2·P(Binomial(n, 1/2) < r), exactly, for independent samples of any continuous
/// distribution. r is the largest rank that keeps `confidence`; when even r = 1 does not, the
/// interval is unbounded (at 0.95: fewer than 6 values).
Interval MedianInterval(std::vector<double> values, double confidence);

/// log(b_i / a_i), pair by pair. Requires equal sizes and finite positive values.
std::vector<double> LogRatios(std::span<const float> a, std::span<const float> b);

/// The speed-up of a contestant against the default, both timed in the same rounds.
struct Comparison {
  double speedup = 1;
  double ci_low = 0, ci_high = 0;  // 0 and infinity when the rounds do not suffice
  Verdict verdict = Verdict::kNone;
};

/// Judges `candidate` against `baseline` from paired rounds at the given confidence (already
/// corrected for the number of comparisons and looks).
///   win        ci_low > 1 and speed-up >= 1 + tie_band  (surely faster, by enough to matter)
///   loss       ci_high < 1 and speed-up <= 1 / (1 + tie_band)
///   tie        the interval lies inside [1/(1+tie_band), 1+tie_band]
///   undecided  anything else
/// Requires at least one pair.
Comparison Compare(std::span<const float> baseline, std::span<const float> candidate,
                   double confidence, double tie_band);

/// Pairs after which the interval of the median is narrower than a true log-gap on either side, at
/// the pair noise seen so far: (z·1.2533·s/g)², z being the normal quantile of `confidence`
/// (performance.md §D 6). An estimate, and the only place here that assumes normal noise. Infinite
/// for no gap.
double PairsToSettle(double log_gap, double pair_deviation, double confidence);

}  // namespace tilesmith
