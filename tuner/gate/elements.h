// Elements of operands as numbers: reading, and writing with the operand type's rounding.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tuner/abi.h"
#include "tuner/kernel.h"

namespace tilesmith {

/// FP32 to BF16, round to nearest, ties to even; NaN stays NaN (kernels.md P1).
bf16 RoundToBf16(float value);
float ToFloat(bf16 value);

/// Element `index` as a double (exact for all types but int64 beyond 2^53).
double ReadElement(DType dtype, const std::byte* data, std::size_t index);
/// Writes `value` rounded to the type: RNE for floats, rint and clamp for integers.
void WriteElement(DType dtype, std::byte* data, std::size_t index, double value);
/// The raw bits of an element.
std::uint64_t ElementBits(DType dtype, const std::byte* data, std::size_t index);

}  // namespace tilesmith
