// The registrations that the packed prefill compressors share.
#pragma once

#include <string>

#include "kernels/prefill_compressor/prefill_compressor_args.h"
#include "kernels/prefill_compressor/prefill_inputs.h"
#include "tuner/kernel.h"

namespace kernels {

/// V2: two state pools. V3: one.
enum class PrefillContract { kV2, kV3 };

/// Adds what all of them have: sizes, inputs, states, scratch of projections and windows, inputs'
/// preparation, and the roofline.
template <typename Ratio>
void AddPrefillOperands(tilesmith::Kernel<PrefillCompressorArgs>& kernel, PrefillContract contract,
                        const PrefillSlotNames& names);

/// The attention's compressor `name`, registered by `file`; the template is the caller's to name.
/// The space file is search_spaces/<name>.toml.
template <typename Ratio>
tilesmith::Kernel<PrefillCompressorArgs> DescribePrefill(const std::string& name,
                                                         PrefillContract contract,
                                                         const char* file = __builtin_FILE());

extern template void AddPrefillOperands<PrefillIndexerRatio4>(
    tilesmith::Kernel<PrefillCompressorArgs>&, PrefillContract, const PrefillSlotNames&);
extern template tilesmith::Kernel<PrefillCompressorArgs> DescribePrefill<PrefillRatio4>(
    const std::string&, PrefillContract, const char*);
extern template tilesmith::Kernel<PrefillCompressorArgs> DescribePrefill<PrefillRatio128>(
    const std::string&, PrefillContract, const char*);

}  // namespace kernels
