// The scalar oracle of compressor_ratio4; kernels/compressor/args.h tells the operands.
#pragma once

#include "kernels/compressor_ratio4/compressor_ratio4.h"

namespace kernels {

void CompressorRatio4Golden(const CompressorRatio4Args& args);

}  // namespace kernels
