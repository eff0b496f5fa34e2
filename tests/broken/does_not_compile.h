// Broken: not a legal tile, and the kernel says so (kernels.md, appendix F: QUANT_TILE % 512 == 0).
#pragma once

#include "tests/broken/scale.h"

namespace broken {

template <auto kTiles>
void DoesNotCompile(const ScaleArgs& a) {
  static_assert(kTiles.QUANT_TILE % 512 == 0, "QUANT_TILE must be a multiple of 512");
  ScaleRight<kTiles.QUANT_TILE>(a);
}

}  // namespace broken
