// The scalar oracle of hc_pre; see hc_pre.h for the operands. Scratch may be null.
#pragma once

#include "kernels/hc_pre/hc_pre.h"

namespace kernels {

/// FP32 streams, summed in pairs, rounded to nearest even (contract V3).
void HcPreGolden(const HcPreArgs& args);
/// bf16 streams, summed one after the other, halves rounded away from zero (contract V2).
void HcPreBf16Golden(const HcPreBf16Args& args);

}  // namespace kernels
