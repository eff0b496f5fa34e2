// How rows that went through bf16 and then through a dense matrix are judged (kernels.md §3).
// Before the matrix each element is rounded to bf16. Where one sits on a tie, FP32 noise decides
// which way, and every column of the product moves by that one unit times the matrix's element:
// little, but more than a column that is nearly zero may move by itself.
#pragma once

#include <cstddef>
#include <string>

#include "tuner/kernel.h"

namespace kernels::compressor {

/// |a − e| <= units · (1e-4 + max(|e|, rms of e's row)/128) for every element of rows of `columns`.
/// An element of the rounded row is a few times its rms at most and the matrix is orthonormal or
/// alike, so one flip is below a third of a unit. V0 rounds three times on the way, and rotates
/// pairs of what it rounded: 4 units. `operand` is an output of float or, with `as_bf16`, of bf16.
tilesmith::Comparator RotatedRows(std::string operand, std::size_t columns, bool as_bf16 = false,
                                  int units = 1);

}  // namespace kernels::compressor
