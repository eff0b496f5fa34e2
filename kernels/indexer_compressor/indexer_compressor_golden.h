// The scalar oracles of indexer_compressor; kernels/compressor/args.h tells the operands.
#pragma once

#include "kernels/indexer_compressor/indexer_compressor.h"

namespace kernels {

void IndexerCompressorGolden(const IndexerCompressorArgs& args);
void IndexerCompressorV3Golden(const IndexerCompressorV3Args& args);
void IndexerCompressorV1Golden(const IndexerCompressorV1Args& args);
void IndexerCompressorV0Golden(const IndexerCompressorV0Args& args);

}  // namespace kernels
