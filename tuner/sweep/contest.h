// The forked children that run variants for real: one that proves and screens a candidate beside
// the pivot, and one that times a stretch of a duel.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tuner/gate/gate.h"
#include "tuner/measure/screening.h"
#include "tuner/sweep/pinning.h"
#include "tuner/sweep/workbench.h"

namespace tilesmith {

/// What one candidate's child found.
struct Trialled {
  GateReport gate;    // of the candidate, the check after the timed loop included
  Screened screened;  // empty unless the gate was passed
  double verify_s = 0, measure_s = 0;
};

/// Proves `library`; if right, times it next to the variant `pivot_library` (its own path for the
/// first config, which is its own pivot).
Trialled RunTrial(Workbench& bench, const std::string& library, const std::string& pivot_library,
                  const std::vector<GateCase>& cases, const GateOptions& gate,
                  const ScreeningOptions& screening, const Pinning& pinning);

/// A stretch of a duel, in one process.
struct Stretch {
  std::vector<std::vector<double>> rounds;  // by round, by contestant: ns per call
  int failed = -1;     // the contestant that crashed or turned wrong; rounds are void then
  GateReport failure;  // what it did
};

/// Times `count` rounds from round number `first` on, in the order of RoundOrder(seed).
Stretch RunStretch(Workbench& bench, const std::vector<std::string>& libraries, int first,
                   int count, std::uint64_t seed, const GateOptions& gate, const Pinning& pinning);

}  // namespace tilesmith
