// Broken: allocates without end and frees nothing.
#pragma once

#include "tests/broken/scale.h"

namespace broken {

template <auto kTiles>
void MemoryHog(const ScaleArgs& a) {
  ScaleRight<kTiles.N_TILE>(a);
  while (kTiles.N_TILE == kUnlucky) {
    float* block = new float[1 << 20];
    asm volatile("" : : "r"(block) : "memory");  // or the compiler drops what nobody uses
  }
}

}  // namespace broken
