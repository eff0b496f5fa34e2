// The loop: ask, compile, prove, time, store, tell; then the duel. One call sweeps one kernel on
// one problem. Everything known is told, not re-run; everything new is stored before the next
// begins.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/sweep_summary.h"
#include "results/store.h"
#include "tuner/compile/compiler.h"
#include "tuner/gate/gate.h"
#include "tuner/kernel.h"
#include "tuner/measure/doctor.h"
#include "tuner/measure/duel.h"
#include "tuner/measure/machine.h"
#include "tuner/measure/screening.h"
#include "tuner/space/space.h"

namespace tilesmith {

/// How much tuning a question is worth, over all sessions: configs already stored and the time
/// spent on them count, so a finished sweep that is run again has nothing left to do. Unset: the
/// whole space.
struct Budget {
  std::optional<std::uint64_t> configs;
  std::optional<double> seconds;
  /// "200", "60s", "5m", or both: "200,60s". Throws UserError.
  static Budget Parse(std::string_view text);
  std::string ToString() const;
};

struct SweepOptions {
  std::string strategy = "auto";
  std::vector<Config> candidates;  // not empty: exactly these and the default, and no strategy
  Budget budget;
  std::uint64_t seed = 1;
  int threads = 0;     // 0: all cores this process may use
  bool fresh = false;  // run known configs again
  int finalists = 3;
  GateOptions gate;
  ScreeningOptions screening;
  DuelOptions duel;
  std::string command;                // what the user typed, for the session's row
  std::string program = "tilesmith";  // how the user calls it, for the commands that repeat trials
};

/// Told what happens while it happens; the command line draws its progress from it.
class SweepObserver {
 public:
  virtual ~SweepObserver() = default;
  virtual void OnStart(const std::string& kernel, const Problem& problem, std::uint64_t space_size,
                       const Budget& budget) = 0;
  /// One config is done; `fresh` when it was run now, not found in the store.
  virtual void OnTrial(const Trial& trial, bool fresh) = 0;
  /// "compiling 4 variants", "duel: round 12 of at most 60".
  virtual void OnPhase(std::string_view phase) = 0;
};

/// What a sweep works with; shared by the kernels of one command.
class Workshop {
 public:
  Workshop(ResultStore& result_store, Compiler& variant_compiler, const Machine& this_machine)
      : store(result_store), compiler(variant_compiler), machine(this_machine) {}

  /// This machine's peaks, measured at the first call for that many threads.
  const Peaks& peaks(int threads);
  bool peaks_known(int threads) const { return peaks_.contains(threads); }

  ResultStore& store;
  Compiler& compiler;
  const Machine& machine;

 private:
  std::map<int, Peaks> peaks_;
};

/// Sweeps one question. On Interrupt the session is stored as interrupted before it is passed on.
SweepResult Sweep(const KernelSpec& kernel, const SpaceDefinition& space, const Problem& problem,
                  Workshop& workshop, const SweepOptions& options, SweepObserver& observer);

}  // namespace tilesmith
