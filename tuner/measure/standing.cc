#include "tuner/measure/standing.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "results/error.h"

namespace tilesmith {
namespace {

constexpr Comparison kUnknown{1, 0, std::numeric_limits<double>::infinity(), Verdict::kUndecided};

// Samples of two contestants up to a round, compared.
class Pairing {
 public:
  Pairing(const std::vector<std::vector<float>>& samples, int rounds, double confidence,
          double tie_band)
      : samples_(samples),
        rounds_(static_cast<std::size_t>(rounds)),
        confidence_(confidence),
        tie_band_(tie_band) {}

  Comparison operator()(std::size_t baseline, std::size_t candidate) const {
    if (rounds_ == 0) return kUnknown;
    return Compare(Of(baseline), Of(candidate), confidence_, tie_band_);
  }
  double Deviation(std::size_t baseline, std::size_t candidate) const {
    return rounds_ == 0 ? 0 : RobustDeviation(LogRatios(Of(baseline), Of(candidate)));
  }

 private:
  std::span<const float> Of(std::size_t i) const { return std::span(samples_[i]).first(rounds_); }
  const std::vector<std::vector<float>>& samples_;
  std::size_t rounds_;
  double confidence_, tie_band_;
};

void FindBest(Standing& standing) {
  for (std::size_t i = 1; i < standing.against_default.size(); ++i) {
    const Comparison& c = standing.against_default[i];
    if (c.verdict != Verdict::kWin) continue;
    if (!standing.best || c.speedup > standing.against_default[*standing.best].speedup) {
      standing.best = i;
    }
  }
}

// Whether contestant i gives no reason for more rounds. A winner that does not lose to the best is
// noted as its equal.
bool Settle(const Pairing& compare, std::size_t i, Standing& standing) {
  const Verdict verdict = standing.against_default[i].verdict;
  if (!standing.best) return verdict != Verdict::kUndecided;
  if (verdict == Verdict::kLoss || verdict == Verdict::kTie) return true;
  const Verdict to_best = i == *standing.best ? Verdict::kTie : compare(*standing.best, i).verdict;
  if (verdict == Verdict::kUndecided) return to_best == Verdict::kLoss;
  if (to_best != Verdict::kLoss) standing.equals.push_back(i);
  return to_best != Verdict::kUndecided;
}

bool IsIncumbent(const Contestant& contestant) { return contestant.role == "incumbent"; }

// Of the equals, by the fixed order.
std::size_t ChooseWinner(const Standing& standing, const std::vector<Contestant>& contestants) {
  const auto key = [&](std::size_t i) {
    const Contestant& c = contestants[i];
    return std::tuple(!IsIncumbent(c), c.working_set, c.config.ToString());
  };
  return *std::min_element(standing.equals.begin(), standing.equals.end(),
                           [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
}

// Who stays when nobody wins.
std::size_t Keeper(const Standing& standing, const std::vector<Contestant>& contestants) {
  for (std::size_t i = 1; i < contestants.size(); ++i) {
    if (!IsIncumbent(contestants[i])) continue;
    return standing.against_default[i].verdict == Verdict::kLoss ? 0 : i;
  }
  return 0;
}

// The fastest of those that more rounds might yet prove winners.
std::optional<std::size_t> Hope(const Standing& standing, double tie_band) {
  std::optional<std::size_t> hope;
  for (std::size_t i = 1; i < standing.against_default.size(); ++i) {
    const Comparison& c = standing.against_default[i];
    if (c.verdict != Verdict::kUndecided || c.ci_high <= 1 + tie_band) continue;
    if (!hope || c.speedup > standing.against_default[*hope].speedup) hope = i;
  }
  return hope;
}

std::string Describe(const Config& config, const Comparison& c) {
  return fmt::format("{} at {:.3f}x [{:.3f}, {:.3f}]", config.ToString(), c.speedup, c.ci_low,
                     c.ci_high);
}

// The half-width an interval must shrink to: short of 1 for a win or a loss, short of the band's
// edge for a tie.
double GapToSettle(double speedup, double tie_band) {
  const double gap = std::abs(std::log(speedup)), band = std::log1p(tie_band);
  return gap >= band ? gap : band - gap;
}

std::string RoundsToSettle(const Comparison& c, double deviation, int rounds, double confidence,
                           double tie_band) {
  const double pairs = PairsToSettle(GapToSettle(c.speedup, tie_band), deviation, confidence);
  if (!(pairs <= 100'000)) return "more rounds would hardly settle it";
  return fmt::format("about {:.0f} would settle it", std::max(std::ceil(pairs), rounds + 1.0));
}

std::string_view WhyChosen(const Contestant& chosen) {
  return IsIncumbent(chosen) ? "it is the incumbent" : "smallest working set, then name, decides";
}

Choice ChooseAmongWinners(const Standing& standing, const std::vector<Contestant>& contestants,
                          int rounds) {
  const std::size_t chosen = ChooseWinner(standing, contestants);
  std::string reason =
      fmt::format("{} the default's speed after {} rounds",
                  Describe(contestants[chosen].config, standing.against_default[chosen]), rounds);
  if (standing.equals.size() > 1) {
    reason += fmt::format("; of {} winners that cannot be told apart: {}", standing.equals.size(),
                          WhyChosen(contestants[chosen]));
  }
  return {chosen, Verdict::kWin, std::move(reason)};
}

}  // namespace

Standing Judge(const std::vector<std::vector<float>>& samples, int rounds, double confidence,
               double tie_band) {
  const Pairing compare(samples, rounds, confidence, tie_band);
  Standing standing;
  standing.against_default = {Comparison{1, 1, 1, Verdict::kNone}};
  standing.pair_deviation = {0};
  for (std::size_t i = 1; i < samples.size(); ++i) {
    standing.against_default.push_back(compare(0, i));
    standing.pair_deviation.push_back(compare.Deviation(0, i));
  }
  FindBest(standing);
  for (std::size_t i = 1; i < samples.size(); ++i) {
    if (!Settle(compare, i, standing)) standing.settled = false;
  }
  return standing;
}

Choice Choose(const Standing& standing, const std::vector<Contestant>& contestants, int rounds,
              double confidence, double tie_band) {
  TILESMITH_CHECK(standing.against_default.size() == contestants.size());
  if (contestants.size() == 1) return {0, Verdict::kNone, "nothing to compare with the default"};
  if (standing.best) return ChooseAmongWinners(standing, contestants, rounds);
  const std::size_t kept = Keeper(standing, contestants);
  const std::string_view stays = kept == 0 ? "the default stays" : "the incumbent stays";
  if (const auto hope = Hope(standing, tie_band)) {
    const Comparison& c = standing.against_default[*hope];
    return {
        kept, Verdict::kUndecided,
        fmt::format("{} the default's speed is undecided after {} rounds, {}: {}",
                    Describe(contestants[*hope].config, c), rounds,
                    RoundsToSettle(c, standing.pair_deviation[*hope], rounds, confidence, tie_band),
                    stays)};
  }
  return {kept, Verdict::kTie,
          fmt::format("nobody beat the default by {:g}% or more in {} rounds: {}", tie_band * 100,
                      rounds, stays)};
}

}  // namespace tilesmith
