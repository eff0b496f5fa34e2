// The scalar oracle of rope; see rope.h for the operands.
#pragma once

#include "kernels/rope/rope.h"

namespace kernels {

void RopeGolden(const RopeArgs& args);

}  // namespace kernels
