#include "tuner/sweep/ledger.h"

#include <algorithm>

#include <fmt/format.h>

namespace tilesmith {
namespace {

double Cost(const Trial& trial) {
  return (trial.compile_ms + trial.verify_ms + trial.measure_ms) * 1e-3;
}

const Trial* FindIn(const std::map<std::string, Trial>& trials, const Config& config) {
  const auto found = trials.find(config.ToString());
  return found == trials.end() ? nullptr : &found->second;
}

}  // namespace

Ledger::Ledger(std::vector<Trial> stored) {
  for (Trial& trial : stored) {
    std::string config = trial.config.ToString();
    stored_.insert_or_assign(std::move(config), std::move(trial));
  }
}

const Trial* Ledger::Stored(const Config& config) const { return FindIn(stored_, config); }
const Trial* Ledger::Find(const Config& config) const { return FindIn(trials_, config); }

const Trial* Ledger::WithCode(const std::string& code_hash) const {
  const auto found = by_code_.find(code_hash);
  if (found == by_code_.end()) return nullptr;
  const Trial& trial = trials_.at(found->second);
  return trial.status == Status::kOk ? &trial : nullptr;  // it may have been disqualified since
}

void Ledger::Enter(Trial trial) {
  const std::string config = trial.config.ToString();
  if (const Trial* before = Find(trial.config)) spent_s_ -= Cost(*before);
  spent_s_ += Cost(trial);
  if (trial.status == Status::kOk && !trial.code_hash.empty()) {
    by_code_.insert_or_assign(trial.code_hash, config);
  }
  if (!pivot_ && PassedGate(trial.status)) pivot_ = trial.config;
  if (pivot_ == trial.config && !PassedGate(trial.status)) pivot_.reset();  // disqualified
  trials_.insert_or_assign(config, std::move(trial));
}

std::vector<Trial> Ledger::Trials() const {
  std::vector<Trial> trials;
  for (const auto& [config, trial] : trials_) trials.push_back(trial);
  return trials;
}

std::vector<std::pair<Status, int>> Ledger::Counts() const {
  std::map<Status, int> counts;
  for (const auto& [config, trial] : trials_) ++counts[trial.status];
  return {counts.begin(), counts.end()};
}

std::vector<std::pair<std::string, int>> Ledger::Rejections() const {
  struct Kind {
    std::string example;
    int count = 0;
  };
  std::map<std::string, Kind> kinds;
  for (const auto& [config, trial] : trials_) {
    if (PassedGate(trial.status)) continue;
    Kind& kind = kinds[fmt::format("{} ({})", ToString(trial.status), trial.stage)];
    if (kind.count++ == 0) kind.example = fmt::format("{}: {}", config, trial.message);
  }
  std::vector<std::pair<std::string, int>> list;
  for (const auto& [name, kind] : kinds) {
    list.emplace_back(fmt::format("{}, e.g. {}", name, kind.example), kind.count);
  }
  std::stable_sort(list.begin(), list.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return list;
}

}  // namespace tilesmith
