// What is known of a sweep while it runs: plain counting, apart from how it is drawn.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "results/records.h"
#include "tuner/sweep/sweep.h"

namespace tilesmith {

class Tally {
 public:
  Tally() = default;
  /// `now` in seconds, from any fixed point.
  Tally(const std::string& kernel, const Problem& problem, std::uint64_t space_size,
        const Budget& budget, double now);

  /// Counts a config that is done; true when it is a new best.
  bool Add(const Trial& trial, bool fresh);

  /// "hc_post decode-flash".
  const std::string& question() const { return question_; }
  std::uint64_t done() const { return done_; }
  /// Configs this sweep will look at: the space's, or fewer by budget.
  std::uint64_t total() const { return total_; }
  /// Configs that did not pass the gate, by how they failed.
  const std::map<Status, int>& failures() const { return failures_; }

  /// Seconds to go at the rate of the configs run so far, and never more than the budget leaves;
  /// nullopt until one was run. The duel that follows is not in it.
  std::optional<double> SecondsLeft(double now) const;
  /// "best 1.21x T_TILE=4,D_TILE=512", against the default; "" before a config passed.
  std::string BestText() const;
  /// "failed: 2 wrong, 1 crashed"; "" when none did.
  std::string FailureText() const;

 private:
  std::string question_;
  Budget budget_;
  double began_ = 0;
  std::uint64_t total_ = 0, done_ = 0, run_now_ = 0;
  std::map<Status, int> failures_;
  std::optional<double> best_log_ratio_;
  Config best_;
};

/// "45 s", "3 min 20 s", "1 h 05 min".
std::string HumanSeconds(double seconds);

}  // namespace tilesmith
