// The scalar oracle of hadamard; see hadamard.h for the operands. Scratch may be null.
#pragma once

#include "kernels/hadamard/hadamard.h"

namespace kernels {

void HadamardGolden(const HadamardArgs& args);

}  // namespace kernels
