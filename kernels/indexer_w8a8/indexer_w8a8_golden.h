// The scalar oracles of indexer_w8a8; see args.h for the operands. Scratch may be null.
#pragma once

#include "kernels/indexer_w8a8/args.h"

namespace kernels {

void IndexerW8A8Golden(const IndexerW8A8Args& args);
void IndexerW8A8V3Golden(const IndexerW8A8V3Args& args);

}  // namespace kernels
