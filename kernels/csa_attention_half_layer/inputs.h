// Inputs of csa_attention_half_layer's cases. For the Prepare function; no golden uses them.
#pragma once

#include "tuner/kernel.h"

namespace kernels::csa_half_layer {

/// Weights; RoPE tables; batches at positions where something changes, or in timed cases near the end
/// of what the caches hold; state and cache pages in random order, slots that agree with them or say
/// "do not write". Throws std::invalid_argument where a pool is too small for the batches.
void FillStep(tilesmith::CaseInputs& inputs);

}  // namespace kernels::csa_half_layer
