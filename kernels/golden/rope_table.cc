#include "kernels/golden/rope_table.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "kernels/golden/rounding.h"

namespace kernels::golden {
namespace {

constexpr double kTheta = 160000, kFactor = 16, kBetaFast = 32, kBetaSlow = 1, kOriginal = 65536;
constexpr int kRopeDim = 2 * kRopeHalf;

// The dimension that turns `rotations` times within the original context length.
double DimensionOf(double rotations) {
  return kRopeDim * std::log(kOriginal / (2 * std::numbers::pi * rotations)) /
         (2 * std::log(kTheta));
}

}  // namespace

float RopeInverseFrequency(int i) {
  const double low = std::max(std::floor(DimensionOf(kBetaFast)), 0.0);
  const double high = std::min(std::ceil(DimensionOf(kBetaSlow)), kRopeDim - 1.0);
  const double smooth = 1 - std::clamp((i - low) / (high - low), 0.0, 1.0);
  const double plain = std::pow(kTheta, -2.0 * i / kRopeDim);
  return static_cast<float>(plain / kFactor * (1 - smooth) + plain * smooth);
}

RopeEntry RopeTableEntry(int position, int i) {
  const float angle = static_cast<float>(position) * RopeInverseFrequency(i);
  return {ToFloat(Bf16Rne(std::cos(angle))), ToFloat(Bf16Rne(std::sin(angle)))};
}

}  // namespace kernels::golden
