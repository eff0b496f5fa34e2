// Class E: tiles that promise the same bits whatever their values. A config that differs from the
// default in such tiles only must give the default's outputs bit for bit; a comparator's tolerance
// would hide that it does not.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "results/config.h"
#include "tuner/compile/compiler.h"
#include "tuner/gate/gate.h"
#include "tuner/gate/verify.h"
#include "tuner/kernel.h"
#include "tuner/space/space.h"

namespace tilesmith {

/// Up to `count` different legal configs whose tiles of class R are the default's, the default
/// itself left out. Fewer where the space has no more of them; the same ones for the same seed.
std::vector<Config> DrawExact(const SpaceDefinition& definition, const SearchSpace& space,
                              int count, std::uint64_t seed);

/// Runs two libraries of one kernel on the same cases in a forked child. Status kWrong, stage
/// "exact", where an output differs: operand, index and both values.
GateReport CheckSameBits(const KernelSpec& kernel, const std::string& library,
                         const std::string& reference, const std::vector<GateCase>& cases,
                         const GateOptions& options);

/// Draws `count` configs, the seed being the options' first, and runs each through the gate and
/// CheckSameBits on all cases of the problem. A kernel without exact tiles gives no rows.
std::vector<Verified> VerifyExact(const KernelSpec& kernel, const SpaceDefinition& definition,
                                  const Problem& problem, const MachineFacts& facts, int count,
                                  Compiler& compiler, const GateOptions& options);

}  // namespace tilesmith
