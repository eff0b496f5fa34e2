// Weights of the experts as the model has them, for Prepare functions (kernels.md §10). Both fill
// the codes of `name` [..., N, K] and `name`_scale [..., N], whose scales spread log-normally with
// coefficient `cv`, such that the dequantised weight has the standard deviation `deviation`.
#pragma once

#include <string>

#include "tuner/kernel.h"

namespace kernels::expert {

/// INT8 codes as P3 makes them: the largest magnitude of every row is 127.
void FillSharedWeight(tilesmith::CaseInputs& inputs, const std::string& name, double deviation,
                      double cv);

/// INT8 codes of FP4 weights (e2m1) in groups of 32, each with a power of two as its scale: few
/// levels, and about one in eight is 0.
void FillRoutedWeight(tilesmith::CaseInputs& inputs, const std::string& name, double deviation,
                      double cv);

}  // namespace kernels::expert
