// Broken: never comes back.
#pragma once

#include "tests/broken/scale.h"

namespace broken {

template <auto kTiles>
void InfiniteLoop(const ScaleArgs& a) {
  ScaleRight<kTiles.N_TILE>(a);
  volatile bool done = false;
  while (kTiles.N_TILE == kUnlucky && !done) {
  }
}

}  // namespace broken
