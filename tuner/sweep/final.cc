#include "tuner/sweep/final.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "results/error.h"

namespace tilesmith {
namespace {

std::int64_t WorkingSet(const Config& config) {
  std::int64_t product = 1;
  for (const auto& [name, value] : config.tiles()) product *= std::max<std::int64_t>(value, 1);
  return product;
}

const Trial* FindPassed(const std::vector<Trial>& trials, const Config& config) {
  const auto found = std::find_if(trials.begin(), trials.end(), [&](const Trial& trial) {
    return trial.config == config && PassedGate(trial.status);
  });
  return found == trials.end() ? nullptr : &*found;
}

// Fastest first; the simpler of two equals.
std::vector<const Trial*> Ranked(const std::vector<Trial>& trials) {
  std::vector<const Trial*> ranked;
  for (const Trial& trial : trials) {
    if (trial.status == Status::kOk) ranked.push_back(&trial);
  }
  std::sort(ranked.begin(), ranked.end(), [](const Trial* a, const Trial* b) {
    return std::make_tuple(a->log_ratio, WorkingSet(a->config), a->config) <
           std::make_tuple(b->log_ratio, WorkingSet(b->config), b->config);
  });
  return ranked;
}

std::set<std::string> Names(const std::vector<Contestant>& contestants) {
  std::set<std::string> names;
  for (const Contestant& contestant : contestants) names.insert(contestant.config.ToString());
  return names;
}

// Libraries of the contestants; out of the variant cache, as all of them were compiled before.
std::vector<std::string> Libraries(Compiler& compiler, const KernelSpec& kernel,
                                   const std::vector<Contestant>& contestants) {
  std::vector<Config> configs;
  for (const Contestant& contestant : contestants) configs.push_back(contestant.config);
  std::vector<std::string> libraries;
  for (const Compiled& compiled : compiler.Compile(kernel, configs)) {
    if (compiled.outcome != Compiled::Outcome::kOk) {
      throw UserError("a finalist no longer compiles: " + compiled.message);
    }
    libraries.push_back(compiled.library);
  }
  return libraries;
}

}  // namespace

std::vector<Contestant> ChooseContestants(const std::vector<Trial>& trials,
                                          const Config& default_config, const Config& incumbent,
                                          int finalists) {
  const Trial* base = FindPassed(trials, default_config);
  if (base == nullptr) return {};
  std::vector<Contestant> chosen;
  std::set<std::string> codes;
  const auto add = [&](const Trial& trial, const char* role) {
    if (!trial.code_hash.empty() && !codes.insert(trial.code_hash).second) return false;
    chosen.push_back({trial.config, role, WorkingSet(trial.config)});
    return true;
  };
  add(*base, "default");
  if (const Trial* trial = FindPassed(trials, incumbent)) add(*trial, "incumbent");
  int seats = finalists;
  for (const Trial* trial : Ranked(trials)) {
    if (seats == 0) break;
    const bool seated = std::any_of(
        chosen.begin(), chosen.end(),
        [&](const Contestant& contestant) { return contestant.config == trial->config; });
    if (seated || add(*trial, "finalist")) --seats;
  }
  return chosen;
}

bool Answers(const Duel& duel, const std::vector<Contestant>& contestants,
             const DuelOptions& options) {
  std::set<std::string> stored;
  for (const DuelEntry& entry : duel.entries) stored.insert(entry.config.ToString());
  return stored == Names(contestants) && duel.confidence == options.confidence &&
         duel.tie_band == options.tie_band;
}

FinalResult RunFinal(Workbench& bench, const std::vector<Contestant>& contestants,
                     Compiler& compiler, const DuelOptions& options, const GateOptions& gate,
                     const Pinning& pinning,
                     const std::function<void(std::string_view)>& on_phase) {
  FinalResult result;
  std::vector<Contestant> standing = contestants;
  std::vector<std::string> libraries = Libraries(compiler, bench.kernel(), standing);
  DuelReferee referee(standing, options);
  while (!referee.Over()) {
    on_phase(fmt::format("duel of {}: round {} of at most {}", standing.size(), referee.rounds(),
                         options.max_rounds));
    const Stretch stretch = RunStretch(bench, libraries, referee.rounds(),
                                       referee.RoundsToNextLook(), options.seed, gate, pinning);
    if (stretch.failed < 0) {
      for (const auto& round : stretch.rounds) referee.AddRound(round);
      continue;
    }
    result.disqualified.push_back(
        {standing[static_cast<std::size_t>(stretch.failed)].config, stretch.failure});
    if (stretch.failed == 0) return result;
    standing.erase(standing.begin() + stretch.failed);
    libraries.erase(libraries.begin() + stretch.failed);
    referee = DuelReferee(standing, options);
  }
  result.duel = referee.Result();
  return result;
}

}  // namespace tilesmith
