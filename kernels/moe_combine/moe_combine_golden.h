// The scalar oracle of moe_combine; see moe_combine.h for the operands. Scratch may be null.
#pragma once

#include "kernels/moe_combine/moe_combine.h"

namespace kernels {

/// Routes by token, weighted already (contract V2).
void MoeCombineGolden(const MoeCombineArgs& args);
/// Rows by expert, weighted here (contract V1).
void MoeCombineV1Golden(const MoeCombineV1Args& args);

}  // namespace kernels
