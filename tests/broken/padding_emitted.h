// Broken: the places past a short row hold the padding of the sorted row, and only rows of a single
// block of 128 are masked; those that need merging let the padding's indices out.
//
// kernels.md §1: "padding elements must never be emitted: mask positions >= k to -1". A context of
// more positions than K, as in the real problem here, never shows it.
#pragma once

#include "tests/broken/topk.h"

namespace broken {

template <auto kTiles>
void PaddingEmitted(const TopkArgs& a) {
  SortRow<kTiles.SORT_LEN> row;
  for (int t = 0; t < a.T; ++t) {
    row.Load(a.score + t * a.N, a.N);
    for (int p = 0; p < a.K; ++p) {
      row.Settle(p);
      const bool masked = kTiles.SORT_LEN == 128 && p >= a.N;
      a.indices[t * a.K + p] = masked ? -1 : row.index[p];
    }
  }
}

}  // namespace broken
