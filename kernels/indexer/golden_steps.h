// Steps that the decode indexers' goldens share (kernels.md §1, §2), plain and scalar.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tuner/abi.h"

namespace kernels::indexer {

using tilesmith::bf16;

inline constexpr float kGoldenNegInf = -3.4028234663852886e38f;

/// [T, 64] = (x · weights_proj)·2^-6.5; the sum rounds once to FP32, then the product. D = columns
/// of x.
std::vector<float> GoldenHeadWeights(std::span<const bf16> x, std::span<const bf16> weights_proj,
                                     std::size_t D);

/// Rotates the last 64 of a head's 128 columns in place and rounds those to bf16.
void GoldenRotateTail(std::span<float> head, const float* cos, const float* sin);

/// Σ_h relu(scores[h])·weights[h] over 64 heads: each product rounds to FP32, their FP64 sum once.
float GoldenWeigh(std::span<const float> scores, std::span<const float> weights);

/// Pool row of a batch's key j; −1 where the table has no page.
std::int64_t GoldenRow(const std::int32_t* table, std::int64_t page, std::int64_t j);

/// Puts −FLT_MAX behind the first `visible` scores, and the best k of those in `topk_idxs`, plus
/// offset, then −1. Both are whole rows.
void GoldenSelect(std::span<float> score, std::size_t visible, std::size_t k, std::int32_t offset,
                  std::span<std::int32_t> topk_idxs);

}  // namespace kernels::indexer
