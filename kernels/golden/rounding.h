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

/// Exact.
float ToFloat(bf16 value);

/// P2: codes[i] = rint(row[i]·127/amax), amax = max(max|row[i]|, 1e-4), ties to even. Returns the
/// scale that takes codes back: 1/(127/amax), the reciprocal of the rounded quotient and not
/// amax/127. `codes` is as long as `row`.
float QuantiseRow(std::span<const float> row, std::int8_t* codes);

}  // namespace kernels::golden
