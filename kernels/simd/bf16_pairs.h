// bf16 rows read as 32-bit words of two neighbours: the even element is the lower half, the odd one
// the upper. Widening then costs one shift or one mask for kLanes elements, where a vector of
// 16-bit elements would have to cross the register first.
//
// Rows of floats that come from or go to such words keep that order, "split": for every 2·kLanes
// elements first the kLanes even ones, then the kLanes odd ones. A sum over elements does not mind
// as long as both factors are split, and the pairs (2i, 2i+1) of a rotation share a lane.
#pragma once

#include "kernels/simd/vec.h"

namespace kernels::simd {
inline namespace KERNELS_SIMD_ISA {

inline constexpr int kPairLanes = 2 * kLanes;  // elements of one vector of words

struct Pair {
  F32 even;
  F32 odd;
};

/// kPairLanes consecutive elements; exact.
[[gnu::always_inline]] inline Pair LoadPair(const bf16* from) {
  U32 words;
  __builtin_memcpy(&words, from, sizeof(words));
  return {FromBits(words << 16), FromBits(words & 0xffff0000u)};
}

/// Rounds and writes the first n pairs, n in 1 … kLanes, in the order of memory.
[[gnu::always_inline]] inline void StorePair(bf16* to, Pair pair, int n) {
  const U32 even = __builtin_convertvector(ToBf16(pair.even), U32);
  const U32 odd = __builtin_convertvector(ToBf16(pair.odd), U32);
  const U32 words = even | (odd << 16);
  __builtin_memcpy(to, &words, 4 * static_cast<unsigned long>(n));
}

/// A vector of v; not F32{} + v, which would have to add: −0 + 0 is 0.
[[gnu::always_inline]] inline F32 Broadcast(float v) { return v - F32{}; }

}  // namespace KERNELS_SIMD_ISA
}  // namespace kernels::simd
