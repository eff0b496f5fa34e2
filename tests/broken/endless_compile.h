// Broken: the compiler does not come back: 2^UNROLL instantiations, which is what recursive
// unrolling in two dimensions comes to.
#pragma once

#include "tests/broken/scale.h"

namespace broken {

template <int kDepth, long kPath>
struct Unrolled {
  static constexpr long kSize = Unrolled<kDepth - 1, 2 * kPath>::kSize +  //
                                Unrolled<kDepth - 1, 2 * kPath + 1>::kSize;
};
template <long kPath>
struct Unrolled<0, kPath> {
  static constexpr long kSize = 1;
};

template <auto kTiles>
void EndlessCompile(const ScaleArgs& a) {
  static_assert(Unrolled<kTiles.UNROLL, 0>::kSize > 0);
  ScaleRight<64>(a);
}

}  // namespace broken
