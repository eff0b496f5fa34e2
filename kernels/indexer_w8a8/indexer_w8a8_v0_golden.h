// The scalar oracle of indexer_w8a8_v0; see indexer_w8a8_v0.h for the operands. Scratch may be
// null.
#pragma once

#include "kernels/indexer_w8a8/indexer_w8a8_v0.h"

namespace kernels {

void IndexerW8A8V0Golden(const IndexerW8A8V0Args& args);

}  // namespace kernels
