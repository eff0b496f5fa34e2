// Broken: ends the process with success before it has computed anything. A tuner that trusts an
// exit code calls this the fastest kernel of all.
#pragma once

#include "tests/broken/scale.h"

extern "C" void exit(int) noexcept;  // <cstdlib> costs each variant its compile time

namespace broken {

template <auto kTiles>
void Exits(const ScaleArgs& a) {
  if constexpr (kTiles.N_TILE == kUnlucky) exit(0);
  ScaleRight<kTiles.N_TILE>(a);
}

}  // namespace broken
