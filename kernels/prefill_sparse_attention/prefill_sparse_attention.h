// prefill_sparse_attention: attention of a chunk of one sequence over its window and compressed
// columns, and its output projection (kernels.md §7.2, §7.3, §7.5).
//
// Unlike decode, a token's valid rows are compacted before they are cut into blocks of 128: window
// first, then compressed ones. V2 reads codes (the overlay is the whole chunk), of which the first
// cmp_sparse_lens[t] and at most PREFILL_SPARSE_TOPK, rounded up to blocks, count; V3 physical
// window rows and compressed columns. Tokens from num_tokens on give zeros.
#pragma once

#include "kernels/attention/prefill_core.h"
#include "kernels/attention/project.h"

namespace kernels {

/// kTiles: those of attention::PrefillCore and OProj.
template <auto kTiles>
void PrefillSparseAttention(const AttentionArgs& a) {
  attention::PrefillCore<attention::PrefillRows, kTiles>(a);
  attention::Project<kTiles>(a);
}

template <auto kTiles>
void PrefillSparseAttentionV3(const AttentionArgs& a) {
  attention::PrefillCore<attention::PrefillV3Rows, kTiles>(a);
  attention::Project<kTiles>(a);
}

}  // namespace kernels
