// The scalar oracle of dispatch.h; see there for the operands.
#pragma once

#include "kernels/moe_half_layer/dispatch.h"

namespace kernels {

/// Route by route: the next free slot of its expert. Throws std::out_of_range where an expert gets
/// more than RECV_MAX rows.
void MoeDispatchGolden(const MoeDispatchArgs& args);
void MoeReturnGolden(const MoeReturnArgs& args);

}  // namespace kernels
