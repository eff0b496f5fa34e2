// Broken: right for the first fifteen calls, wrong from then on: state leaks from call to call. The
// gate is through by then; only the check after the timed loop can see this.
#pragma once

#include "tests/broken/scale.h"

namespace broken {

template <auto kTiles>
void WearsOut(const ScaleArgs& a) {
  ScaleRight<kTiles.N_TILE>(a);
  static int calls = 0;
  if (kTiles.N_TILE == kUnlucky && ++calls > 15) a.y[a.N / 2] += 1;
}

}  // namespace broken
