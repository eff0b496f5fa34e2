// What a sweep ends with: per kernel and problem the default, the best, the verdict with its
// interval, how many configs were tried, which were rejected and why, and where the time went.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "reports/table.h"
#include "results/records.h"

namespace tilesmith {

struct SweepResult {
  Session session;
  MachineRecord machine;
  std::string compiler;                        // version line
  Duel duel;                                   // verdict none and no entries when nothing passed
  std::vector<std::pair<Status, int>> counts;  // of all configs known for this question
  std::vector<std::pair<std::string, int>> rejections;  // reason → configs, most frequent first
  int tried = 0;                                        // configs run now
  int known = 0;                                        // configs answered from the store
  double space_size = 0;
  /// Roofline shares, 0 when unknown: of the machine's measured read bandwidth and of its peak.
  double bandwidth_share = 0, peak_share = 0;
  bool cold = false;  // most of its bytes come from DRAM at every call
  std::string note;  // one line, e.g. "interrupted; run the same command to resume"
};

/// The documented columns of `sweep --format json|csv|md|table`: kernel, problem, config, status,
/// verdict, median_ns, default_median_ns, speedup, ci_low, ci_high, rounds, samples, gflops,
/// gbytes_per_s, machine, compiler, session, and further ones after them (default_config, tried,
/// known, rejected, bandwidth_share, peak_share, note, and rival_config, rival_speedup,
/// rival_ci_low, rival_ci_high). The numbers are those of `config`, the chosen one; the rival is
/// the contestant that the verdict speaks of, another one where the default was kept. Shares and
/// rates that are not known are empty; `status` without a config is the commonest way to be
/// rejected.
Table SweepTable(const std::vector<SweepResult>& results);

/// The same for reading in a terminal: a paragraph per kernel and problem.
std::string SweepText(const std::vector<SweepResult>& results);

/// "compile 61 %, verify 12 %, measure 22 %, framework 5 % of 41.2 s".
std::string TimeBreakdown(const Session& session);

}  // namespace tilesmith
