// Broken: gives up, as a failed assertion or an unhandled exception does.
#pragma once

#include "tests/broken/scale.h"

namespace broken {

template <auto kTiles>
void Aborts(const ScaleArgs& a) {
  ScaleRight<kTiles.N_TILE>(a);
  if constexpr (kTiles.N_TILE == kUnlucky) __builtin_abort();
}

}  // namespace broken
