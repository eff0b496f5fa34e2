// The scalar oracle of expert_routed; see expert_routed.h for the operands. Scratch may be null.
#pragma once

#include "kernels/expert_routed/expert_routed.h"

namespace kernels {

void ExpertRoutedGolden(const ExpertRoutedArgs& args);

}  // namespace kernels
