// The scalar oracle of o_proj; see o_proj.h for the operands. Scratch may be null.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/o_proj/o_proj.h"

namespace kernels {

void OProjGolden(const OProjArgs& args);

/// Step 1 and 2 for one group: codes [T, O_LORA] and their scales [T].
struct GroupCodes {
  std::vector<std::int8_t> codes;
  std::vector<float> scales;
};
GroupCodes OProjGroupCodes(const OProjArgs& args, int group);

}  // namespace kernels
