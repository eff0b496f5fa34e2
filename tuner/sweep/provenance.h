// What today's truth depends on: the provenance a sweep would store its trials under now. A stored
// one that differs is stale.
#pragma once

#include "results/records.h"
#include "tuner/kernel.h"
#include "tuner/space/space.h"
#include "tuner/sweep/sweep.h"

namespace tilesmith {

/// Hashes the kernel's preprocessed source, its golden and its space as they lie on disk now, with
/// the workshop's compiler and machine. Reads only: nothing is stored. Throws UserError when a
/// source is gone.
Provenance CurrentProvenance(const KernelSpec& kernel, const SpaceDefinition& space,
                             Workshop& workshop, const SweepOptions& options);

}  // namespace tilesmith
