#include "kernels/attention/attention_golden.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "kernels/golden/linear.h"
#include "kernels/golden/rounding.h"
#include "kernels/o_proj/o_proj_golden.h"

namespace kernels::golden {
namespace {

constexpr std::size_t kDim = 512, kNope = 448, kPairs = 32;

std::size_t Size(int n) { return static_cast<std::size_t>(n); }

// A token's heads after some blocks.
struct State {
  std::vector<float> max, sum;  // [H]
  std::vector<float> out;       // [H, 512]
};

// The valid rows of a block, [n, 512].
std::vector<bf16> ValidRows(const std::vector<const bf16*>& block) {
  std::vector<bf16> rows;
  for (const bf16* row : block) {
    if (row != nullptr) rows.insert(rows.end(), row, row + kDim);
  }
  return rows;
}

// Steps 1 and 2: q [H, 512] against n rows.
State AttendBlock(std::span<const float> q, const std::vector<bf16>& rows) {
  const std::size_t heads = q.size() / kDim, n = rows.size() / kDim;
  std::vector<float> weights = MatMul(q, rows, kDim, Layout::kOutputFirst);  // FP64 sums
  State block{std::vector<float>(heads), std::vector<float>(heads), {}};
  for (std::size_t h = 0; h < heads; ++h) {
    const std::span row(weights.data() + h * n, n);
    for (float& score : row) score = score * kSoftmaxScale;
    block.max[h] = *std::max_element(row.begin(), row.end());
    double sum = 0;
    for (float& weight : row) {
      weight = std::exp(weight - block.max[h]);
      sum += weight;               // unrounded
      weight = RoundBf16(weight);  // what multiplies the rows
    }
    block.sum[h] = static_cast<float>(sum);
  }
  block.out = MatMul(weights, rows, n, Layout::kInputFirst);  // FP64 sums
  return block;
}

// Step 3: every operation rounds to FP32.
void Merge(const State& block, State& state) {
  if (state.max.empty()) {
    state = block;
    return;
  }
  for (std::size_t h = 0; h < state.max.size(); ++h) {
    const float max = std::max(state.max[h], block.max[h]);
    const float alpha = std::exp(state.max[h] - max), beta = std::exp(block.max[h] - max);
    const float old_sum = alpha * state.sum[h], new_sum = beta * block.sum[h];
    state.max[h] = max;
    state.sum[h] = old_sum + new_sum;
    for (std::size_t d = h * kDim; d < (h + 1) * kDim; ++d) {
      const float old_out = alpha * state.out[d], new_out = beta * block.out[d];
      state.out[d] = old_out + new_out;
    }
  }
}

// Step 5: a head's last 64 elements, turned back by the token's angles.
void RotateBack(const float* tail, const bf16* cos, const bf16* sin, bf16* to) {
  for (std::size_t i = 0; i < kPairs; ++i) {
    const float even = tail[2 * i], odd = tail[2 * i + 1];
    const float c = ToFloat(cos[i]), s = ToFloat(sin[i]);
    const float even_c = even * c, odd_s = odd * s, odd_c = odd * c, even_s = even * s;
    to[2 * i] = Bf16Rne(even_c + odd_s);
    to[2 * i + 1] = Bf16Rne(odd_c - even_s);
  }
}

// Steps 4 and 5 of one head; the sink is in the denominator only.
void Finish(const AttentionArgs& a, std::size_t t, std::size_t h, const State& state, bf16* to) {
  const float denominator = state.sum[h] + std::exp(a.attn_sink[h] - state.max[h]);
  float out[kDim];
  for (std::size_t d = 0; d < kDim; ++d) out[d] = state.out[h * kDim + d] / denominator;
  for (std::size_t d = 0; d < kNope; ++d) to[d] = Bf16Rne(out[d]);
  RotateBack(out + kNope, a.freqs_cos + t * 2 * kPairs, a.freqs_sin + t * 2 * kPairs, to + kNope);
}

}  // namespace

std::vector<bf16> Attend(const AttentionArgs& a, ColumnsOf columns_of) {
  const std::size_t heads = Size(a.H);
  std::vector<bf16> o(Size(a.B) * Size(a.S) * heads * kDim, Bf16Rne(0));
  for (int t = 0; t < a.B * a.S; ++t) {
    const std::vector<float> q = Widen({a.q + Size(t) * heads * kDim, heads * kDim});
    State state;
    for (const std::vector<const bf16*>& block : columns_of(a, t)) {
      const std::vector<bf16> rows = ValidRows(block);
      // A block without a valid row would be annihilated by beta = exp(-1e20 - M) = 0.
      if (!rows.empty()) Merge(AttendBlock(q, rows), state);
    }
    if (state.max.empty()) continue;  // no valid entry at all: zeros
    for (std::size_t h = 0; h < heads; ++h) {
      Finish(a, Size(t), h, state, o.data() + (Size(t) * heads + h) * kDim);
    }
  }
  return o;
}

void ProjectGolden(const AttentionArgs& a, const std::vector<bf16>& o) {
  OProjArgs args = {};
  args.o = o.data();
  args.wo_a = a.wo_a;
  args.wo_b = a.wo_b;
  args.wo_b_scale = a.wo_b_scale;
  args.attn_out = a.attn_out;
  args.T = a.B * a.S;
  args.H = a.H;
  args.D = a.D;
  args.G = a.G;
  args.O_LORA = a.O_LORA;
  OProjGolden(args);
}

}  // namespace kernels::golden
