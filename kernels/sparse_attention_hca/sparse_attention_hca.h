// sparse_attention_hca: decode attention of a ratio-128 layer over its window and every compressed
// column, and its output projection (kernels.md §7.2, §7.3, §7.5).
//
// V2 reads codes as sparse_attention_csa does: the window's slots in columns 0 … 127, this step's
// tokens from 128 on, compressed columns behind them. V3 reads physical window rows, then
// compressed columns; a negative entry is none.
#pragma once

#include "kernels/attention/decode_core.h"
#include "kernels/attention/decode_core_v3.h"
#include "kernels/attention/project.h"

namespace kernels {

/// kTiles: those of attention::DecodeCore and OProj.
template <auto kTiles>
void SparseAttentionHca(const AttentionArgs& a) {
  attention::DecodeCore<attention::CodedRows, kTiles>(a);
  attention::Project<kTiles>(a);
}

/// kTiles: those of attention::DecodeCoreV3 and OProj.
template <auto kTiles>
void SparseAttentionHcaV3(const AttentionArgs& a) {
  attention::DecodeCoreV3<attention::HcaV3Rows, kTiles>(a);
  attention::Project<kTiles>(a);
}

}  // namespace kernels
