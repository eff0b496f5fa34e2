// The scalar oracles of compressor_ratio4; kernels/compressor/args.h tells the operands.
#pragma once

#include "kernels/compressor_ratio4/compressor_ratio4.h"

namespace kernels {

void CompressorRatio4Golden(const CompressorRatio4Args& args);
void CompressorRatio4V3Golden(const CompressorRatio4V3Args& args);
void CompressorRatio4V1Golden(const CompressorRatio4V1Args& args);
void CompressorRatio4V0Golden(const CompressorRatio4V0Args& args);

}  // namespace kernels
