// The inputs of moe_half_layer that a fill alone does not make.
#pragma once

#include "tuner/kernel.h"

namespace kernels::moe_half_layer {

/// The table of the hash layers, and the weights of the experts as the model has them.
void FillCase(tilesmith::CaseInputs& inputs);

}  // namespace kernels::moe_half_layer
