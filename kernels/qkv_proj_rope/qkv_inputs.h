// The weights of qkv_proj_rope as contract V1's tests draw them (kernels.md §8, Data).
#pragma once

#include "tuner/kernel.h"

namespace kernels {

/// wq_a, wkv: (normal − ½)/√D as bf16; wq_b: INT8 with a scale per output. Asks for dimension D.
void FillQkvWeights(tilesmith::CaseInputs& inputs);

}  // namespace kernels
