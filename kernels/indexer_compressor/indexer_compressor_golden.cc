#include "kernels/indexer_compressor/indexer_compressor_golden.h"

#include "kernels/compressor/compressor_golden.h"

namespace kernels {

void IndexerCompressorGolden(const IndexerCompressorArgs& args) { compressor::SlottedGolden(args); }

void IndexerCompressorV3Golden(const IndexerCompressorV3Args& args) {
  compressor::SlottedGolden(args);
}

void IndexerCompressorV1Golden(const IndexerCompressorV1Args& args) {
  compressor::TabledGolden(args);
}

void IndexerCompressorV0Golden(const IndexerCompressorV0Args& args) {
  compressor::ContiguousGolden(args);
}

}  // namespace kernels
