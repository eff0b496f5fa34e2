// The scalar oracle of prefill_indexer_compressor; see prefill_indexer_compressor.h and
// prefill_compressor_args.h for the operands. Scratch may be null.
#pragma once

#include "kernels/prefill_compressor/prefill_compressor_args.h"

namespace kernels {

/// INT8 codes and scales (contract V3) where args.idx_kv_cache is not null, else bf16 rows (V2).
void PrefillIndexerCompressorGolden(const PrefillCompressorArgs& args);

}  // namespace kernels
