// What the compressors' oracles have in common: one window, one row at a time, in FP32 unless said
// otherwise.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "tuner/abi.h"

namespace kernels::compressor {

using tilesmith::bf16;

/// A row of a window, from the first of its columns on. kv null: the row is missing, which counts
/// as kv 0, score −∞.
struct Slot {
  const float* kv = nullptr;
  const float* score = nullptr;
};

/// P9: Σ_s kv[s,c]·softmax_s(score[s,c]) of each column: maximum, exponentials, their sum,
/// quotients, products, the products' sum.
std::vector<float> PoolWindow(std::span<const Slot> slots, std::size_t columns);

/// γ·(row·inv_rms).
void NormaliseRow(std::span<float> row, std::span<const float> gamma);

/// P6 on the last 64 columns.
void RotateTail(std::span<float> row, const float* cos, const float* sin);

/// bf16(row)·matrix [n, n], any dense one. The sums are FP64 and round once.
std::vector<float> TimesMatrix(std::span<const float> row, const bf16* matrix);

/// Each element to bf16 and back.
void RoundToBf16(std::span<float> row);

/// kv and score of all tokens, [tokens, out] each.
struct Projections {
  std::vector<float> kv;
  std::vector<float> score;
};

/// `out_first`: the weights are [OUT, D], else [D, OUT].
Projections Project(std::span<const bf16> x, const bf16* wkv, const bf16* wgate, std::size_t D,
                    std::size_t out, bool out_first);

}  // namespace kernels::compressor
