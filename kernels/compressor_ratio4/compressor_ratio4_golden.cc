#include "kernels/compressor_ratio4/compressor_ratio4_golden.h"

#include "kernels/compressor/compressor_golden.h"

namespace kernels {

void CompressorRatio4Golden(const CompressorRatio4Args& args) { compressor::SlottedGolden(args); }

void CompressorRatio4V3Golden(const CompressorRatio4V3Args& args) {
  compressor::SlottedGolden(args);
}

void CompressorRatio4V1Golden(const CompressorRatio4V1Args& args) {
  compressor::TabledGolden(args);
}

void CompressorRatio4V0Golden(const CompressorRatio4V0Args& args) {
  compressor::ContiguousGolden(args);
}

}  // namespace kernels
