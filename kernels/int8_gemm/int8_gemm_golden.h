// The scalar oracles of int8_gemm and int8_gemm_kn; see int8_gemm.h for the operands. Scratch may
// be null.
#pragma once

#include "kernels/int8_gemm/int8_gemm.h"

namespace kernels {

void Int8GemmGolden(const Int8GemmArgs& args);
void Int8GemmKNGolden(const Int8GemmArgs& args);

}  // namespace kernels
