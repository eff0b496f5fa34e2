#include "kernels/golden/attention_fills.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include "kernels/golden/fills.h"

namespace kernels::golden {

int StartPosition(tilesmith::CaseInputs& inputs, int limit) {
  constexpr std::array<int, 10> kEdges = {0, 3, 4, 7, 10, 11, 126, 127, 128, 255};
  const std::uint64_t random = inputs.Random();
  const int edge = kEdges[(random >> 1) % kEdges.size()];
  if (random % 2 == 0 && edge < limit) return edge;
  return static_cast<int>((random >> 1) % static_cast<std::uint64_t>(std::max(limit, 1)));
}

void FillTopk(tilesmith::CaseInputs& inputs, std::span<int> row, int visible, int offset) {
  std::vector<int> columns(static_cast<std::size_t>(visible));
  std::iota(columns.begin(), columns.end(), offset);
  const std::size_t chosen = std::min(row.size(), columns.size());
  std::fill(row.begin(), row.end(), -1);
  for (std::size_t k = 0; k < chosen; ++k) {
    std::swap(columns[k], columns[k + inputs.Random() % (columns.size() - k)]);
    row[k] = columns[k];
  }
}

void FillProjection(tilesmith::CaseInputs& inputs) {
  const double uniform = std::sqrt(1.0 / 12);  // of ±1/2
  const std::span<tilesmith::bf16> wo_a = inputs.Get<tilesmith::bf16>("wo_a");
  const auto lora = static_cast<double>(inputs.Dim("G") * inputs.Dim("O_LORA"));
  FillNormal(inputs, wo_a, uniform / std::sqrt(static_cast<double>(wo_a.size()) / lora));
  FillWeight(inputs, "wo_b", uniform / std::sqrt(lora), 0.1);
}

}  // namespace kernels::golden
