// The scalar oracle of hc_post; see hc_post.h for the operands.
#pragma once

#include "kernels/hc_post/hc_post.h"

namespace kernels {

/// Streams in FP32 (contract V3).
void HcPostGolden(const HcPostArgs& args);
/// Streams in bf16 (contract V2).
void HcPostBf16Golden(const HcPostBf16Args& args);

}  // namespace kernels
