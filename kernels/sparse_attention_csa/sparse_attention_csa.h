// sparse_attention_csa: decode attention of a ratio-4 layer over its window and the indexer's
// choice of compressed columns, and its output projection (kernels.md §7.2, §7.3, §7.5).
//
// V2 reads codes, as csa_index_build writes them; V3 physical window rows and the indexer's
// columns, of which a token at position p sees those below (p + 1)/4. The columns keep their
// places: which 128 of them form a block decides how their weights round.
#pragma once

#include "kernels/attention/decode_core.h"
#include "kernels/attention/decode_core_v3.h"
#include "kernels/attention/project.h"

namespace kernels {

/// kTiles: those of attention::DecodeCore and OProj.
template <auto kTiles>
void SparseAttentionCsa(const AttentionArgs& a) {
  attention::DecodeCore<attention::CodedRows, kTiles>(a);
  attention::Project<kTiles>(a);
}

/// kTiles: those of attention::DecodeCoreV3 and OProj.
template <auto kTiles>
void SparseAttentionCsaV3(const AttentionArgs& a) {
  attention::DecodeCoreV3<attention::CsaV3Rows, kTiles>(a);
  attention::Project<kTiles>(a);
}

}  // namespace kernels
