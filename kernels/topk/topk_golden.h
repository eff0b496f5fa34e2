// The scalar oracle of topk; see topk.h for the operands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/topk/topk.h"

namespace kernels {

void TopKGolden(const TopKArgs& args);

namespace golden {

/// P10: to[j] = offset + the index of the j-th largest score, the lower index first among equals,
/// for j < min(k, scores); the rest of `to` becomes −1. No score may be NaN.
void TopKRow(std::span<const float> scores, std::size_t k, std::int32_t offset,
             std::span<std::int32_t> to);

}  // namespace golden
}  // namespace kernels
