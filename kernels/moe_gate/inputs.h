// The table of the hash layers, for Prepare functions (kernels.md §12.1).
#pragma once

#include "tuner/kernel.h"

namespace kernels::moe_gate {

/// Fills tid2eid [VOCAB, TOPK], every row with distinct ids below E, and input_ids [T].
void FillHash(tilesmith::CaseInputs& inputs);

}  // namespace kernels::moe_gate
