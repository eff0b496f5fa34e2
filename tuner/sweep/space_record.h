// A search space as the store keeps it, so that reports and the generated header can be made from
// an old database without the kernel's source.
#pragma once

#include "results/records.h"
#include "tuner/kernel.h"
#include "tuner/space/space.h"

namespace tilesmith {

/// `facts`: the machine facts that the constraints are evaluated with.
SpaceRecord RecordOf(const SpaceDefinition& space, const KernelSpec& kernel,
                     const MachineFacts& facts);

}  // namespace tilesmith
