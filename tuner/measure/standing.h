// What the rounds of a duel say so far, and which config follows from it: the part of the duel
// (duel.h) that knows neither rounds still to come nor when to stop.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "results/records.h"
#include "results/statistics.h"
#include "tuner/measure/duel.h"

namespace tilesmith {

/// Indices are the contestants'; 0 is the default.
struct Standing {
  std::vector<Comparison> against_default;  // [0]: speed-up 1, kNone
  std::vector<double> pair_deviation;  // robust deviation of the log-ratios; 0 before any round
  std::optional<std::size_t> best;     // the winner with the largest speed-up
  std::vector<std::size_t> equals;     // winners that do not lose to it, itself included
  /// Every contestant won, lost or tied, or it loses to the best, in which case nothing depends on
  /// its verdict against the default; and every winner won, lost or tied against the best.
  bool settled = true;
};

/// Judges the first `rounds` of `samples` (ns, by contestant; all have as many). `confidence` is
/// that of a single interval. With no rounds everything is undecided.
Standing Judge(const std::vector<std::vector<float>>& samples, int rounds, double confidence,
               double tie_band);

struct Choice {
  std::size_t chosen = 0;
  Verdict verdict = Verdict::kNone;
  std::string reason;  // one line
};

/// By the rules at DuelReferee::Result. `confidence` is that of a single interval.
Choice Choose(const Standing& standing, const std::vector<Contestant>& contestants, int rounds,
              double confidence, double tie_band);

}  // namespace tilesmith
