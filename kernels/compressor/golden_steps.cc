#include "kernels/compressor/golden_steps.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/golden/linear.h"
#include "kernels/golden/rounding.h"

namespace kernels::compressor {
namespace {

constexpr float kMissing = -std::numeric_limits<float>::infinity();

float PoolColumn(std::span<const Slot> slots, std::size_t column) {
  float largest = kMissing;
  for (const Slot& slot : slots) {
    if (slot.kv != nullptr) largest = std::max(largest, slot.score[column]);
  }
  std::vector<float> weights(slots.size());
  float sum = 0;
  for (std::size_t s = 0; s < slots.size(); ++s) {
    const float score = slots[s].kv != nullptr ? slots[s].score[column] : kMissing;
    weights[s] = std::exp(score - largest);
    sum += weights[s];
  }
  float pooled = 0;
  for (std::size_t s = 0; s < slots.size(); ++s) {
    const float share = weights[s] / sum;
    pooled += (slots[s].kv != nullptr ? slots[s].kv[column] : 0.0f) * share;
  }
  return pooled;
}

}  // namespace

std::vector<float> PoolWindow(std::span<const Slot> slots, std::size_t columns) {
  std::vector<float> pooled(columns);
  for (std::size_t c = 0; c < columns; ++c) pooled[c] = PoolColumn(slots, c);
  return pooled;
}

void NormaliseRow(std::span<float> row, std::span<const float> gamma) {
  const float inverse = golden::InverseRms(row);
  for (std::size_t c = 0; c < row.size(); ++c) {
    const float normed = row[c] * inverse;  // rounds before γ does
    row[c] = gamma[c] * normed;
  }
}

void RotateTail(std::span<float> row, const float* cos, const float* sin) {
  golden::Rotate(row.last<64>(), cos, sin);
}

std::vector<float> TimesMatrix(std::span<const float> row, const bf16* matrix) {
  std::vector<float> rounded(row.begin(), row.end());
  RoundToBf16(rounded);
  const std::span<const bf16> elements(matrix, row.size() * row.size());
  return golden::MatMul(rounded, elements, row.size(), golden::Layout::kInputFirst);
}

void RoundToBf16(std::span<float> row) {
  for (float& value : row) value = golden::RoundBf16(value);
}

Projections Project(std::span<const bf16> x, const bf16* wkv, const bf16* wgate, std::size_t D,
                    std::size_t out, bool out_first) {
  const golden::Layout layout =
      out_first ? golden::Layout::kOutputFirst : golden::Layout::kInputFirst;
  const std::vector<float> wide = golden::Widen(x);
  const auto product = [&](const bf16* weights) {
    return golden::MatMul(wide, std::span<const bf16>(weights, D * out), D, layout);
  };
  return {product(wkv), product(wgate)};
}

}  // namespace kernels::compressor
