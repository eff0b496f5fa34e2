#include "kernels/compressor_ratio4/compressor_ratio4_golden.h"

#include "kernels/compressor/compressor_golden.h"

namespace kernels {

void CompressorRatio4Golden(const CompressorRatio4Args& args) { compressor::SlottedGolden(args); }

}  // namespace kernels
