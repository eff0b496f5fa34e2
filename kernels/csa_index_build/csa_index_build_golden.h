// The scalar oracle of csa_index_build; see csa_index_build.h for the operands.
#pragma once

#include "kernels/csa_index_build/csa_index_build.h"

namespace kernels {

void CsaIndexBuildGolden(const CsaIndexBuildArgs& args);

}  // namespace kernels
