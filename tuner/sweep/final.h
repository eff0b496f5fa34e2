// The final of a sweep: who meets whom, the duel over several processes, and the evidence it
// leaves.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "results/records.h"
#include "tuner/compile/compiler.h"
#include "tuner/measure/duel.h"
#include "tuner/sweep/contest.h"

namespace tilesmith {

/// Contestants of a final: the default first, then the incumbent, then the `finalists` best of the
/// screening. Configs that compile to the same machine code appear once. Only configs that passed
/// the gate take part; empty when the default did not.
std::vector<Contestant> ChooseContestants(const std::vector<Trial>& trials,
                                          const Config& default_config, const Config& incumbent,
                                          int finalists);

/// Whether a stored duel answers the question these contestants would ask.
bool Answers(const Duel& duel, const std::vector<Contestant>& contestants,
             const DuelOptions& options);

/// A contestant that failed during the final, and how.
struct Disqualified {
  Config config;
  GateReport report;
};

struct FinalResult {
  Duel duel;  // no entries when the default itself failed
  std::vector<Disqualified> disqualified;
};

/// Runs the duel, each stretch between two looks in a process of its own. A contestant that crashes
/// or turns wrong is disqualified and the duel begins again without it.
FinalResult RunFinal(Workbench& bench, const std::vector<Contestant>& contestants,
                     Compiler& compiler, const DuelOptions& options, const GateOptions& gate,
                     const Pinning& pinning, const std::function<void(std::string_view)>& on_phase);

}  // namespace tilesmith
