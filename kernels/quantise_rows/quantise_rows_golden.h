// The scalar oracle of quantise_rows; see quantise_rows.h for the operands.
#pragma once

#include "kernels/quantise_rows/quantise_rows.h"

namespace kernels {

void QuantiseRowsGolden(const QuantiseRowsArgs& args);

}  // namespace kernels
