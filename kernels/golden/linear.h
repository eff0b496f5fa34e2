// Matrix products of the goldens (kernels.md §0.8): products exact, sums in FP64, rounded once to
// FP32. What a tiled kernel sums in FP32, in whatever order, is judged against the nearest FP32
// value. Sharing nothing with the kernels' own matrix code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tuner/abi.h"

namespace kernels::golden {

using tilesmith::bf16;

/// How a weight matrix lies in memory: row-major [K, N] (input first) or [N, K] (output first).
enum class Layout { kInputFirst, kOutputFirst };

/// bf16 as float; exact.
std::vector<float> Widen(std::span<const bf16> values);

/// y[m, n] = Σ_k x[m, k]·w[k, n], row-major. M = x.size() / K, N = w.size() / K.
std::vector<float> MatMul(std::span<const float> x, std::span<const bf16> w, std::size_t K,
                          Layout layout);
std::vector<float> MatMul(std::span<const float> x, std::span<const float> w, std::size_t K,
                          Layout layout);

/// The same of INT8 codes, summed in INT32: exact in any order for K up to 133144.
std::vector<std::int32_t> MatMul(std::span<const std::int8_t> x, std::span<const std::int8_t> w,
                                 std::size_t K, Layout layout);

}  // namespace kernels::golden
