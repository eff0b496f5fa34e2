// The scalar oracle of rms_norm; see rms_norm.h for the operands.
#pragma once

#include "kernels/rms_norm/rms_norm.h"

namespace kernels {

void RmsNormGolden(const RmsNormArgs& args);

}  // namespace kernels
