// The gate: a config is wrong until proven right. In a forked child with limits on time and memory,
// the variant meets the golden's outputs on the ragged problems, on sizes around its own tiles, on
// the real problem, with several seeds, with poisoned outputs and scratch, between guard pages; its
// inputs must come out unchanged, and its bits must not depend on the run or on the number of
// threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "results/records.h"
#include "tuner/compile/variant.h"
#include "tuner/gate/case.h"
#include "tuner/gate/sandbox.h"
#include "tuner/space/space.h"

namespace tilesmith {

struct GateOptions {
  int seeds = 2;
  std::uint64_t first_seed = 1;
  int repeats = 10;  // runs of the real problem whose bits are compared
  int threads = 1;   // of the checks against the golden; repeatability also tries 1 and 2
  Limits limits;
};

/// What the gate says of one variant.
struct GateReport {
  Status status = Status::kOk;  // ok, wrong, suspect, nondeterministic, crashed, timed_out
  std::string stage;            // ragged | tiles | problem | repeat | …: where it ended
  std::string message;          // names operand, index, expected and got, or the signal
  std::optional<bool> deterministic;
  double error_share = 0;
  int cases = 0;              // cases compared
  std::int64_t elements = 0;  // output elements compared

  bool ok() const { return status == Status::kOk; }
  /// For the way from child to parent.
  std::string ToJson() const;
  static GateReport FromJson(const std::string& text);
};

/// A case and the part of the gate it belongs to.
struct GateCase {
  std::string stage;
  std::shared_ptr<const Case> data;
};

/// The problems a config must pass before the real one, cheapest first: the ragged ones, then sizes
/// around its own blocks: block−1, block, block+1 along each dimension that a tile cuts, the other
/// dimensions ragged. Sizes beyond the largest problem are left out: no block of that size is ever
/// cut.
std::vector<std::pair<std::string, Problem>> GateProblems(const SpaceDefinition& space,
                                                          const Config& config);

/// All cases of a config, in the order of the gate, the real problem last.
std::vector<GateCase> GateCases(const SpaceDefinition& space, const Config& config,
                                const Problem& problem, const GateOptions& options,
                                CaseLibrary& library);

/// Runs the gate. Called in the child: announces every step in `channel` before it is taken.
GateReport RunGate(const KernelSpec& kernel, const Variant& variant,
                   const std::vector<GateCase>& cases, const GateOptions& options,
                   Channel& channel);

/// What a child that did not return says of its variant.
GateReport ReportOf(const Ending& ending);

/// Loads `library` and runs the gate in a forked child.
GateReport CheckLibrary(const KernelSpec& kernel, const std::string& library,
                        const std::vector<GateCase>& cases, const GateOptions& options);

}  // namespace tilesmith
