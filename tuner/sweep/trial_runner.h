// One config from its compiled variant to a trial: proven, timed beside the pivot, and
// believed only when the time is possible.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tuner/gate/gate.h"
#include "tuner/kernel.h"
#include "tuner/space/space.h"
#include "tuner/sweep/contest.h"
#include "tuner/sweep/ledger.h"
#include "tuner/sweep/pinning.h"
#include "tuner/sweep/roofline.h"
#include "tuner/sweep/sweep.h"
#include "tuner/sweep/workbench.h"

namespace tilesmith {

class TrialRunner {
 public:
  /// `options.threads` must be resolved (> 0). Times are added to `session` as they pass. All
  /// references outlive the runner.
  TrialRunner(const KernelSpec& kernel, const SpaceDefinition& definition, const Problem& problem,
              Workshop& workshop, const SweepOptions& options, Session& session);

  /// Proves and times a compiled config. A config that failed to compile, or whose machine code the
  /// ledger has timed already, becomes a trial at once.
  Trial Run(const Config& config, const Compiled& compiled, const Ledger& ledger);

  /// The bench of the real problem; made at first use, as filling it takes a while.
  Workbench& Bench();
  const Work& work() const { return work_; }
  const Pinning& pinning() const { return pinning_; }

 private:
  Trial NewTrial(const Config& config, const Compiled& compiled) const;
  std::string Repro(const Config& config) const;
  void Prove(Trial& trial, const std::string& library, const Ledger& ledger);
  std::vector<GateCase> Cases(const Config& config);
  std::string LibraryOf(const Config& config);
  void Record(Trial& trial, const Trialled& trialled, const Ledger& ledger) const;
  Status Believe(const Trial& trial) const;
  double LeastTime() const;

  const KernelSpec& kernel_;
  const SpaceDefinition& definition_;
  const Problem& problem_;
  Workshop& workshop_;
  const SweepOptions& options_;
  Session& session_;
  Work work_;
  Pinning pinning_;
  CaseLibrary cases_;
  std::unique_ptr<Workbench> bench_;
};

}  // namespace tilesmith
