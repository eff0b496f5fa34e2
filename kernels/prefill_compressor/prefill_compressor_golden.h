// The scalar oracle of the packed prefill compressors; see prefill_compressor_args.h for the
// operands. Scratch may be null.
#pragma once

#include "kernels/prefill_compressor/prefill_compressor_args.h"

namespace kernels {

/// Two state pools (contract V2) where args.compress_state is null, else one (V3).
template <typename Ratio>
void PrefillCompressorGolden(const PrefillCompressorArgs& args);

extern template void PrefillCompressorGolden<PrefillRatio4>(const PrefillCompressorArgs&);
extern template void PrefillCompressorGolden<PrefillRatio128>(const PrefillCompressorArgs&);

}  // namespace kernels
