// The scalar oracles of indexer_compressor; kernels/compressor/args.h tells the operands.
#pragma once

#include "kernels/indexer_compressor/indexer_compressor.h"

namespace kernels {

void IndexerCompressorGolden(const IndexerCompressorArgs& args);
void IndexerCompressorV3Golden(const IndexerCompressorV3Args& args);

}  // namespace kernels
