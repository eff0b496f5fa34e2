#include "tuner/command/tally.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace tilesmith {

Tally::Tally(const std::string& kernel, const Problem& problem, std::uint64_t space_size,
             const Budget& budget, double now)
    : question_(kernel + " " + problem.name),
      budget_(budget),
      began_(now),
      total_(std::min(space_size, budget.configs.value_or(space_size))) {}

bool Tally::Add(const Trial& trial, bool fresh) {
  ++done_;
  if (fresh) ++run_now_;
  if (!PassedGate(trial.status)) {
    ++failures_[trial.status];
    return false;
  }
  const bool better =
      std::isfinite(trial.log_ratio) && (!best_log_ratio_ || trial.log_ratio < *best_log_ratio_);
  if (!better) return false;
  best_log_ratio_ = trial.log_ratio;
  best_ = trial.config;
  return true;
}

std::optional<double> Tally::SecondsLeft(double now) const {
  if (run_now_ == 0) return std::nullopt;
  const double spent = now - began_;
  const double to_go = static_cast<double>(total_ - std::min(done_, total_));
  const double left = spent / static_cast<double>(run_now_) * to_go;
  if (!budget_.seconds) return left;
  return std::clamp(*budget_.seconds - spent, 0.0, left);
}

std::string Tally::BestText() const {
  if (!best_log_ratio_) return "";
  return fmt::format("best {:.2f}x {}", std::exp(-*best_log_ratio_), best_.ToString());
}

std::string Tally::FailureText() const {
  std::string text;
  for (const auto& [status, count] : failures_) {
    text += fmt::format("{}{} {}", text.empty() ? "failed: " : ", ", count, ToString(status));
  }
  return text;
}

std::string HumanSeconds(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::llround(std::max(seconds, 0.0)));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

}  // namespace tilesmith
