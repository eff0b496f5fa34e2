// The scalar oracle of prefill_compressor_ratio4_v1; see prefill_compressor_ratio4_v1.h for the
// operands. Scratch may be null.
#pragma once

#include "kernels/prefill_compressor_ratio4_v1/prefill_compressor_ratio4_v1.h"

namespace kernels {

void PrefillCompressorRatio4V1Golden(const PrefillCompressorV1Args& args);

}  // namespace kernels
