// The scalar oracle of indexer_score_topk, for both kinds of cache; see indexer_score_topk.h for
// the operands. Scratch may be null.
#pragma once

#include "kernels/indexer_score_topk/indexer_score_topk.h"

namespace kernels {

void IndexerScoreTopKGolden(const IndexerScoreTopKArgs& args);

}  // namespace kernels
