// `tilesmith sweep --dry-run`: what a sweep would run, without running or storing anything.
#pragma once

#include <string>
#include <vector>

#include "reports/table.h"
#include "results/error.h"
#include "tuner/command/context.h"
#include "tuner/command/selection.h"
#include "tuner/sweep/sweep.h"

namespace tilesmith {

/// Prints, per kernel and problem, how many configs the space has, how many of them `db` knows, how
/// many would be run, and the first of those. A database that does not exist knows nothing and is
/// not created.
Exit DryRun(const std::vector<Question>& questions, const std::string& db, Compiler& compiler,
            const Machine& machine, const SweepOptions& options, Format format, Context& context);

/// Configs the strategy would run first: at most `count`, none of `known`.
std::vector<Config> FirstConfigs(const SearchSpace& space, const std::vector<Trial>& known,
                                 const SweepOptions& options, std::size_t count);

}  // namespace tilesmith
