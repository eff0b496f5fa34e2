// The scalar oracle of csa_cache_writeback; see csa_cache_writeback.h for the operands.
#pragma once

#include "kernels/csa_cache_writeback/csa_cache_writeback.h"

namespace kernels {

void CsaCacheWritebackGolden(const CsaCacheWritebackArgs& args);

}  // namespace kernels
