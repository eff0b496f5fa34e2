// The scalar oracle of indexer_qr_rope; see indexer_qr_rope.h for the operands.
#pragma once

#include "kernels/indexer_qr_rope/indexer_qr_rope.h"

namespace kernels {

void IndexerQrRopeGolden(const IndexerQrRopeArgs& args);

}  // namespace kernels
