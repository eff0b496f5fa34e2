// Inputs of the INT8 indexers' cases. For Prepare functions; no golden uses them.
#pragma once

#include "tuner/kernel.h"

namespace kernels::indexer {

/// Everything but the cache's contents, for V2 and V3: weights and activations with the deviations
/// of kernels.md §2, positions where something changes, state pages and key pages in random order,
/// slots that say "do not write", pages that are not there.
void FillStep(tilesmith::CaseInputs& inputs);

}  // namespace kernels::indexer
