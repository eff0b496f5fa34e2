#include "kernels/compressor_ratio128/compressor_ratio128_golden.h"

#include "kernels/compressor/compressor_golden.h"

namespace kernels {

void CompressorRatio128Golden(const CompressorRatio128Args& args) {
  compressor::SlottedGolden(args);
}

void CompressorRatio128V3Golden(const CompressorRatio128V3Args& args) {
  compressor::SlottedGolden(args);
}

void CompressorRatio128V1Golden(const CompressorRatio128V1Args& args) {
  compressor::TabledGolden(args);
}

void CompressorRatio128V0Golden(const CompressorRatio128V0Args& args) {
  compressor::Ratio128V0Golden(args);
}

}  // namespace kernels
