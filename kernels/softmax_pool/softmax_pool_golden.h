// The scalar oracle of softmax_pool; see softmax_pool.h for the operands.
#pragma once

#include "kernels/softmax_pool/softmax_pool.h"

namespace kernels {

void SoftmaxPoolGolden(const SoftmaxPoolArgs& args);

}  // namespace kernels
