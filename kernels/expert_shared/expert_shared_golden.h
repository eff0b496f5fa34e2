// The scalar oracle of expert_shared; see expert_shared.h for the operands. Scratch may be null.
#pragma once

#include "kernels/expert_shared/expert_shared.h"

namespace kernels {

void ExpertSharedGolden(const ExpertSharedArgs& args);

}  // namespace kernels
