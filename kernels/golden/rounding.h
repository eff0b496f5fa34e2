// The rounding primitives of kernels.md §0.3, for goldens and for inputs: scalar, plain, and
// sharing nothing with the kernels' own code, so that a mistake there has something to disagree
// with.
#pragma once

#include <cstdint>
#include <span>

#include "tuner/abi.h"

namespace kernels::golden {

using tilesmith::bf16;

/// P1: to the nearest bfloat16, ties to the even one. A NaN stays a NaN (made quiet).
bf16 Bf16Rne(float value);

/// P1': to the nearest bfloat16, ties away from zero. Only where a contract says so.
bf16 Bf16HalfAway(float value);

/// Exact.
float ToFloat(bf16 value);

/// value rounded by P1, as a float.
float RoundBf16(float value);

/// P2: codes[i] = rint(row[i]·127/amax), amax = max(max|row[i]|, 1e-4), ties to even. Returns the
/// scale that takes codes back: 1/(127/amax), the reciprocal of the rounded quotient and not
/// amax/127. `codes` is as long as `row`.
float QuantiseRow(std::span<const float> row, std::int8_t* codes);

/// P2 as V0 had it: halves go away from zero, sign·floor(|x| + 0.5).
float QuantiseRowHalfAway(std::span<const float> row, std::int8_t* codes);

/// P5: 1/sqrt(mean(row²) + 1e-6). The squares' sum is FP64 and rounds once; the mean is the sum
/// times the FP32 constant 1/N.
float InverseRms(std::span<const float> row);

/// 1/(1 + exp(−x)).
float Sigmoid(float x);
/// max(x, 0) + log1p(exp(−|x|)).
float Softplus(float x);

/// P4: (sum · row scale) · column scale; the sum rounds to FP32, then each product.
float Dequantise(std::int32_t sum, float row_scale, float column_scale);

/// P6 on 64 consecutive elements in place: pairs (2i, 2i+1) turned by cos[i], sin[i]; products
/// round to FP32, then their sum. The inverse is the same with −sin.
void Rotate(std::span<float, 64> tail, const float* cos, const float* sin);

}  // namespace kernels::golden
