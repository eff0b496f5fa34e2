// The scalar oracle of moe_half_layer: its stages' oracles one after another, with buffers of their
// own between them. See args.h for the operands; scratch may be null.
#pragma once

#include "kernels/moe_half_layer/args.h"

namespace kernels {

void MoeHalfLayerGolden(const MoeHalfLayerArgs& args);

}  // namespace kernels
