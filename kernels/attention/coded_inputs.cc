#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kernels/attention/inputs.h"
#include "kernels/csa_index_build/csa_index_build_golden.h"
#include "kernels/golden/attention_fills.h"

namespace kernels::attention {
namespace {

using tilesmith::CaseInputs;

int Narrow(std::int64_t value) { return static_cast<int>(value); }

// One step of every batch, and the window's codes.
struct Step {
  int B, S;
  std::vector<int> positions;  // [B, S]
  std::vector<int> lengths;    // [B]
};

// `tokens_kept` bounds the positions: what the compressed cache has room for.
Step MakeStep(CaseInputs& inputs, std::int64_t tokens_kept) {
  Step step{Narrow(inputs.Dim("B")), Narrow(inputs.Dim("S")), {}, {}};
  for (int b = 0; b < step.B; ++b) {
    const int start = golden::StartPosition(inputs, Narrow(tokens_kept - step.S));
    for (int s = 0; s < step.S; ++s) step.positions.push_back(start + s);
    step.lengths.push_back(start + step.S);
  }
  return step;
}

// csa_index_build's outputs for the step: [T, 128 + columns] codes.
std::vector<int> BuildIndex(const Step& step, const std::vector<int>& topk, int columns,
                            std::vector<int>* mask) {
  std::vector<int> codes(step.positions.size() * static_cast<std::size_t>(128 + columns));
  mask->resize(step.positions.size() *
               static_cast<std::size_t>(std::max(2, (255 + columns) / 128)));
  CsaIndexBuildGolden({step.positions.data(), step.lengths.data(), topk.data(), codes.data(),
                       mask->data(), step.B, step.S, columns, columns});
  return codes;
}

void FillCsa(CaseInputs& inputs, const Step& step) {
  const int columns = Narrow(inputs.Dim("TOPK")) - 128;
  std::vector<int> topk(step.positions.size() * static_cast<std::size_t>(columns));
  for (std::size_t t = 0; t < step.positions.size(); ++t) {
    const int visible = step.lengths[t / static_cast<std::size_t>(step.S)] / 4;
    const std::size_t n = static_cast<std::size_t>(columns);
    golden::FillTopk(inputs, std::span(topk).subspan(t * n, n), visible, 128 + step.S);
  }
  std::vector<int> mask;
  const std::vector<int> codes = BuildIndex(step, topk, columns, &mask);
  std::ranges::copy(codes, inputs.Get<int>("cmp_sparse_indices").begin());
  std::ranges::copy(mask, inputs.Get<int>("valid_block_mask").begin());
}

// Slot k of the window in column k unless a token of this step takes it; those tokens from column
// 128.
void FillHcaToken(const Step& step, std::size_t t, std::int64_t held, std::span<int> row) {
  const std::size_t S = static_cast<std::size_t>(step.S), s = t % S;
  const int position = step.positions[t];
  std::ranges::fill(row, -1);
  for (int k = 0; k < 128 && k <= position; ++k) row[static_cast<std::size_t>(k)] = k;
  for (std::size_t other = 0; other <= s; ++other) {
    row[static_cast<std::size_t>(step.positions[t - s + other] % 128)] = -1;
    row[128 + other] = 128 + static_cast<int>(other);
  }
  const std::int64_t room = static_cast<std::int64_t>(row.size() - 128 - S);
  const std::int64_t visible = std::min<std::int64_t>({(position + 1) / 128, held, room});
  for (int column = 0; column < visible; ++column) {
    row[128 + S + static_cast<std::size_t>(column)] = 128 + step.S + column;
  }
}

void FillHca(CaseInputs& inputs, const Step& step, std::int64_t held) {
  const std::span<int> codes = inputs.Get<int>("cmp_sparse_indices");
  const std::size_t columns = codes.size() / step.positions.size();
  for (std::size_t t = 0; t < step.positions.size(); ++t) {
    FillHcaToken(step, t, held, codes.subspan(t * columns, columns));
  }
}

void FillSwa(CaseInputs& inputs, const Step& step) {
  std::vector<int> mask;
  const std::vector<int> codes = BuildIndex(step, {}, 0, &mask);
  std::ranges::copy(codes, inputs.Get<int>("cmp_sparse_indices").begin());
  const std::span<float> bias = inputs.Get<float>("win_bias");
  const std::size_t columns = bias.size() / step.positions.size();
  std::ranges::fill(bias, -1e20f);
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (codes[i] < 0) continue;
    const std::size_t t = i / 128, first = t / static_cast<std::size_t>(step.S) *
                                           static_cast<std::size_t>(step.S);
    const auto code = static_cast<std::size_t>(codes[i]);
    bias[t * columns + (code < 128 ? code : code + first)] = 0;
  }
}

}  // namespace

void FillCodedIndices(CaseInputs& inputs, Codes kind) {
  if (kind == Codes::kSwa) return FillSwa(inputs, MakeStep(inputs, 8192));
  const std::int64_t held = inputs.Dim("CMP_MAX") * inputs.Dim("CMP_PAGE");
  if (kind == Codes::kCsa) return FillCsa(inputs, MakeStep(inputs, 4 * held));
  FillHca(inputs, MakeStep(inputs, std::min<std::int64_t>(128 * held, 1 << 20)), held);
}

}  // namespace kernels::attention
