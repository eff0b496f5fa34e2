// The scalar oracle of prefill_qkv_proj_rope; see its header for the operands. Scratch may be null.
#pragma once

#include "kernels/prefill_qkv_proj_rope/prefill_qkv_proj_rope.h"

namespace kernels {

void PrefillQkvProjRopeGolden(const PrefillQkvProjRopeArgs& args);

}  // namespace kernels
