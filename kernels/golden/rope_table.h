// The RoPE tables of the compressed layers (kernels.md §0.4, P7): θ = 160000 with YaRN, as flash
// and pro share them. Inputs of the rotation kernels, not an oracle of their arithmetic.
#pragma once

#include "tuner/abi.h"

namespace kernels::golden {

/// Pairs of a rotated head dimension of 64.
inline constexpr int kRopeHalf = 32;

/// Angle per position of pair i in [0, kRopeHalf), in radians.
float RopeInverseFrequency(int i);

/// cos and sin of position·frequency, in FP32, rounded to bfloat16 as the tables are stored,
/// widened.
struct RopeEntry {
  float cos;
  float sin;
};
RopeEntry RopeTableEntry(int position, int i);

}  // namespace kernels::golden
