// The scalar oracles of bf16_gemm and bf16_gemm_kn; see bf16_gemm.h for the operands.
#pragma once

#include "kernels/bf16_gemm/bf16_gemm.h"

namespace kernels {

void Bf16GemmGolden(const Bf16GemmArgs& args);
void Bf16GemmKNGolden(const Bf16GemmArgs& args);

}  // namespace kernels
