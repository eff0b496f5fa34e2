// What `tilesmith sweep` was asked.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tuner/command/options.h"
#include "tuner/sweep/sweep.h"

namespace tilesmith {

struct SweepFlags {
  std::vector<std::string> kernels;   // names or globs
  std::vector<std::string> problems;  // names or globs; none: all
  std::string strategy = SweepOptions{}.strategy;
  std::string budget = "30s";  // for each kernel and problem; "all": the whole space
  std::uint64_t seed = SweepOptions{}.seed;
  int threads = 0;
  bool fresh = false;
  bool dry_run = false;
  bool quiet = false;
  std::string space_file;
  std::string db;
  std::string format = "table";
  BuildFlags build;
  LimitFlags limits;
};

void AddSweepFlags(CLI::App& command, SweepFlags& flags);

/// "all" is the whole space. Throws UserError for a budget that cannot be read, and for one that
/// allows nothing ("", "0", "0s").
Budget ReadBudget(const std::string& text);

/// `typed`: the command line, for the session's row. Throws UserError for an unknown strategy, with
/// the nearest, before any work is done.
SweepOptions ReadSweepFlags(const SweepFlags& flags, const std::string& typed);

}  // namespace tilesmith
