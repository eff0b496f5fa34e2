// Compositions: kernels that run other kernels as stages. Tuning them whole would search the
// product of all their spaces; instead each stage is tuned on its own, where a trial is cheap, and
// the final holds the composition of what was chosen against that of the defaults, end to end.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "tuner/sweep/sweep.h"

namespace tilesmith {

/// Sweeps one question of a composition: a stage's, or in the end its own.
using StageSweep = std::function<SweepResult(const KernelSpec&, const SpaceDefinition&,
                                             const Problem&, const SweepOptions&)>;

/// Sweeps every stage on the problem of the composition's name, then the composition, whose result
/// is returned. The stages share the time budget equally; the composition, of which only the choice
/// and the default are left, takes what those two cost. Throws UserError when a stage's kernel is
/// not in this program, or has no problem of that name.
SweepResult SweepComposition(const KernelSpec& kernel, const SpaceDefinition& space,
                             const Problem& problem, const SweepOptions& options,
                             const StageSweep& sweep);

/// The space of a composition once its stages are tuned: each tile has its default's and its
/// stage's chosen value. `chosen` is by stage; an empty config stands for the stage's default.
SpaceDefinition WithChosen(const SpaceDefinition& space, const std::vector<Config>& chosen);

/// The composition's config of these choices.
Config Composed(const SpaceDefinition& space, const std::vector<Config>& chosen);

}  // namespace tilesmith
