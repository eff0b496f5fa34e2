#include "tuner/measure/duel.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>

#include "results/error.h"
#include "tuner/measure/standing.h"

namespace tilesmith {
namespace {

std::vector<int> PlanLooks(const DuelOptions& options) {
  if (options.looks == 1) return {options.max_rounds};
  std::vector<int> looks;
  for (int i = 0; i < options.looks; ++i) {
    looks.push_back(options.min_rounds +
                    (options.max_rounds - options.min_rounds) * i / (options.looks - 1));
  }
  looks.erase(std::unique(looks.begin(), looks.end()), looks.end());
  return looks;
}

double MedianOf(const std::vector<float>& samples) {
  return samples.empty() ? 0 : Median({samples.begin(), samples.end()});
}

}  // namespace

DuelReferee::DuelReferee(std::vector<Contestant> contestants, DuelOptions options)
    : contestants_(std::move(contestants)), options_(options) {
  TILESMITH_CHECK(!contestants_.empty() && contestants_.front().role == "default");
  TILESMITH_CHECK(options_.min_rounds >= 1 && options_.min_rounds <= options_.max_rounds);
  TILESMITH_CHECK(options_.looks >= 1 && options_.tie_band >= 0);
  TILESMITH_CHECK(options_.confidence > 0 && options_.confidence < 1);
  looks_ = PlanLooks(options_);
  samples_.resize(contestants_.size());
}

int DuelReferee::RoundsToNextLook() const {
  if (over_) return 0;
  return *std::upper_bound(looks_.begin(), looks_.end(), rounds()) - rounds();
}

double DuelReferee::CorrectedConfidence() const {
  const auto intervals = std::max<std::size_t>(contestants_.size() - 1, 1) * looks_.size();
  return 1 - (1 - options_.confidence) / static_cast<double>(intervals);
}

void DuelReferee::AddRound(const std::vector<double>& ns) {
  TILESMITH_CHECK(!over_);
  TILESMITH_CHECK(ns.size() == contestants_.size());
  for (std::size_t i = 0; i < ns.size(); ++i) {
    const auto sample = static_cast<float>(ns[i]);
    TILESMITH_CHECK(sample > 0 && sample <= std::numeric_limits<float>::max());
    samples_[i].push_back(sample);
  }
  if (!std::binary_search(looks_.begin(), looks_.end(), rounds())) return;
  judged_ = rounds();
  over_ = judged_ == options_.max_rounds ||
          Judge(samples_, judged_, CorrectedConfidence(), options_.tie_band).settled;
}

Duel DuelReferee::Result() const {
  const double confidence = CorrectedConfidence();
  const Standing standing = Judge(samples_, judged_, confidence, options_.tie_band);
  const Choice choice = Choose(standing, contestants_, judged_, confidence, options_.tie_band);
  Duel duel;
  duel.seed = options_.seed;
  duel.rounds = rounds();
  duel.confidence = options_.confidence;
  duel.tie_band = options_.tie_band;
  for (std::size_t i = 0; i < contestants_.size(); ++i) {
    const Comparison& c = standing.against_default[i];
    duel.entries.push_back({.config = contestants_[i].config,
                            .role = contestants_[i].role,
                            .samples_ns = samples_[i],
                            .median_ns = MedianOf(samples_[i]),
                            .speedup = c.speedup,
                            .ci_low = c.ci_low,
                            .ci_high = c.ci_high,
                            .verdict = c.verdict});
  }
  duel.chosen = contestants_[choice.chosen].config;
  duel.verdict = choice.verdict;
  duel.reason = choice.reason;
  return duel;
}

}  // namespace tilesmith
