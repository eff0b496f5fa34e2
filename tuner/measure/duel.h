// The duel: finalists, default and incumbent in paired interleaved rounds. A win is a verdict here,
// not an argmin (design §7). This file decides who is timed when, when to stop, and what the
// numbers mean; it never touches a clock, so the tests feed it synthetic noise.
//
// Why the intervals keep their promise. A pair's log-ratio is taken within one round, so whatever
// slows the machine for longer than a round cancels; places within a round are balanced and seeded,
// so a drift inside a round is noise of either sign. The order-statistic interval of the median
// then covers with its confidence whatever the distribution (statistics.h). A duel of k contestants
// besides the default publishes k intervals and may stop at any of l looks, so each is taken at 1 −
// (1 − confidence)/(k·l): by the union bound all k·l intervals hold together with probability
// `confidence`, hence also the k at the look where it happened to stop. Stopping anywhere else
// would void that, so nothing does.
//
// What that resolves, with the default options (simulated; pair deviation 3.5 % as compute-bound
// kernels have on a shared machine, and 8 % as memory-bound ones have): the share of duels that
// find the gain.
//     true gain        1 %    1.5 %   2 %    3 %    5 %
//     1 finalist       17     50      79     99     100      8 %:  4  10  15  37  86
//     4 finalists      12     34      65     98     100            2   4   9  22  76
// Equals win in 1 % of duels, and all intervals cover in 98 to 99 % (Bonferroni and whole ranks err
// on the safe side).
//
// Comparisons among winners are taken at the same corrected confidence, but outside the bound: an
// error there exchanges one proven winner for another.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "results/records.h"
#include "results/statistics.h"

namespace tilesmith {

struct DuelOptions {
  double confidence = 0.95;  // of all intervals of a duel together, however often we look
  double tie_band = 0.01;    // a speed-up inside [1/1.01, 1.01] is a tie
  int min_rounds = 12;       // the first look
  int max_rounds = 60;       // the last look
  int looks = 4;             // at evenly spaced round counts from min to max; one: at max only
  std::uint64_t seed = 1;    // of RoundOrder; kept in the result
};

/// Contestant 0 is the default. Configs are distinct.
struct Contestant {
  Config config;
  std::string role;              // default | incumbent | finalist; at most one incumbent
  std::int64_t working_set = 0;  // tie-break: product of the tiles' values, smaller is simpler
};

/// The order of contestants in one round: seeded rows of a balanced (Williams) square. Over the
/// first n rounds of n contestants, and every n after that, each stands in each place once; over n
/// rounds for even n and 2n for odd n each follows each other equally often. The same on every
/// platform.
std::vector<int> RoundOrder(int contestants, int round, std::uint64_t seed);

class DuelReferee {
 public:
  /// Requires a contestant, 1 <= min_rounds <= max_rounds, looks >= 1, 0 < confidence < 1.
  DuelReferee(std::vector<Contestant> contestants, DuelOptions options);

  /// Rounds still to run before the next look; 0 when the duel is over.
  int RoundsToNextLook() const;
  /// One round: ns per call of each contestant (by number, not by place), each finite and positive.
  /// Requires that the duel is not over.
  void AddRound(const std::vector<double>& ns);
  /// Whether, at a look, every comparison with the default is a win, a loss or a tie (or undecided
  /// for one that loses to the best winner) and the choice among the winners is settled or tied; or
  /// the rounds are spent.
  bool Over() const { return over_; }
  int rounds() const { return static_cast<int>(samples_.front().size()); }

  /// The confidence of a single interval: `confidence` shared among contestants and looks.
  double CorrectedConfidence() const;

  /// Intervals, verdicts, the chosen config and why. Kernel, session, rates and times are the
  /// caller's.
  ///
  /// Chosen: of the winners, the one with the largest median speed-up and all that do not lose to
  /// it when paired with it are equals, and the fixed order decides among them: incumbent, smallest
  /// working set, lexicographic. Without a winner the incumbent stays unless it loses to the
  /// default, which stays otherwise.
  ///
  /// Verdict: win when a winner was chosen; none when the default is alone; undecided when a
  /// contestant is and its interval reaches above 1 + tie_band; tie otherwise (losses too: the
  /// default stays).
  ///
  /// Of a duel that was cut short, only rounds up to the last look are judged; before the first
  /// look every verdict is undecided.
  Duel Result() const;

 private:
  std::vector<Contestant> contestants_;
  DuelOptions options_;
  std::vector<int> looks_;                   // distinct round counts, ascending
  std::vector<std::vector<float>> samples_;  // by contestant
  int judged_ = 0;                           // rounds at the last look
  bool over_ = false;
};

}  // namespace tilesmith
