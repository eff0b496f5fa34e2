// The scalar oracles of compressor_ratio128; kernels/compressor/args.h tells the operands.
#pragma once

#include "kernels/compressor_ratio128/compressor_ratio128.h"

namespace kernels {

void CompressorRatio128Golden(const CompressorRatio128Args& args);
void CompressorRatio128V3Golden(const CompressorRatio128V3Args& args);
void CompressorRatio128V1Golden(const CompressorRatio128V1Args& args);
void CompressorRatio128V0Golden(const CompressorRatio128V0Args& args);

}  // namespace kernels
