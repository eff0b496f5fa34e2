// Broken: the padded row is shorter than the row, so the experts past it cannot be chosen.
//
// kernels.md §12.1: the gate's SCORE_PAD of 256 suited the 256 experts of flash and cut the 384 of
// pro. Its ragged problem here has 256, as the tests then had.
#pragma once

#include "tests/broken/topk.h"

namespace broken {

template <auto kTiles>
void ScorePad(const TopkArgs& a) {
  SortRow<kTiles.SCORE_PAD> row;
  for (int t = 0; t < a.T; ++t) {
    row.Load(a.score + t * a.N, a.N);
    for (int p = 0; p < a.K; ++p) {
      row.Settle(p);
      a.indices[t * a.K + p] = row.index[p];
    }
  }
}

}  // namespace broken
