// sparse_attention_core: decode attention over coded rows, without its output projection
// (kernels.md §7.2, contract V2; codes as in sparse_attention_csa).
#pragma once

#include "kernels/attention/decode_core.h"

namespace kernels {

/// kTiles: those of attention::DecodeCore.
template <auto kTiles>
void SparseAttentionCore(const AttentionArgs& a) {
  attention::DecodeCore<attention::CodedRows, kTiles>(a);
}

}  // namespace kernels
