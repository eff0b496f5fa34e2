// The scalar oracle of moe_gate; see moe_gate.h for the operands. Scratch may be null.
#pragma once

#include <cstddef>
#include <vector>

#include "kernels/moe_gate/moe_gate.h"

namespace kernels {

/// Contract V2: x_norm is an output.
void MoeGateGolden(const MoeGateArgs& args);
/// Contract V3: the norm is deferred.
void MoeGateV3Golden(const MoeGateV3Args& args);

/// √softplus(logit) of every expert for token t, without the bias. Reads inputs only.
std::vector<float> MoeGateScores(const MoeGateArgs& args, std::size_t t);
std::vector<float> MoeGateScores(const MoeGateV3Args& args, std::size_t t);

}  // namespace kernels
