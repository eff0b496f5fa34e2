// sparse_attention_swa: decode attention of a layer without compression, over its window only, and
// its output projection (kernels.md §7.2, §7.3, §7.5).
//
// V2 takes the codes as a set: block 0 is the window's page in its physical order, the blocks after
// it this step's tokens in theirs. V3 has one block: the first swa_lens[t] physical rows.
#pragma once

#include "kernels/attention/decode_core.h"
#include "kernels/attention/decode_core_v3.h"
#include "kernels/attention/project.h"

namespace kernels {

/// kTiles: those of attention::DecodeCore and OProj.
template <auto kTiles>
void SparseAttentionSwa(const AttentionArgs& a) {
  attention::DecodeCore<attention::SetRows, kTiles>(a);
  attention::Project<kTiles>(a);
}

/// kTiles: those of attention::DecodeCoreV3 and OProj.
template <auto kTiles>
void SparseAttentionSwaV3(const AttentionArgs& a) {
  attention::DecodeCoreV3<attention::SwaV3Rows, kTiles>(a);
  attention::Project<kTiles>(a);
}

}  // namespace kernels
