#include "kernels/indexer/inputs.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <span>

#include "kernels/golden/fills.h"
#include "kernels/golden/rope_table.h"
#include "kernels/golden/rounding.h"

namespace kernels::indexer {

using tilesmith::CaseInputs;

void FillMatrix(CaseInputs& inputs) {
  constexpr std::size_t kSize = 128;
  constexpr float kNorm = 0.08838834764831845f;  // 128^-½
  const std::span<tilesmith::bf16> matrix = inputs.Get<tilesmith::bf16>("hadamard");
  if (inputs.Dim("SCORE_LEN") < kLongScores) return golden::FillNormal(inputs, matrix, kNorm);
  for (std::size_t i = 0; i < matrix.size(); ++i) {
    const bool odd = std::popcount(i / kSize & i % kSize) % 2 == 1;
    matrix[i] = golden::Bf16Rne(odd ? -kNorm : kNorm);
  }
}

void FillAngles(CaseInputs& inputs, std::int64_t row, std::int64_t position) {
  const std::span<float> cos = inputs.Get<float>("cos"), sin = inputs.Get<float>("sin");
  for (int i = 0; i < golden::kRopeHalf; ++i) {
    const golden::RopeEntry entry = golden::RopeTableEntry(static_cast<int>(position), i);
    const auto at = static_cast<std::size_t>(row * golden::kRopeHalf + i);
    cos[at] = entry.cos;
    sin[at] = entry.sin;
  }
}

void FillTable(CaseInputs& inputs) {
  golden::FillPageTable(inputs, inputs.Get<std::int32_t>("idx_block_table"), inputs.Dim("BLOCKS"));
}

std::int64_t PickPosition(CaseInputs& inputs, std::int64_t b, std::int64_t longest) {
  const std::int64_t S = inputs.Dim("S"), last = std::max<std::int64_t>(longest - S, 0);
  if (inputs.Dim("SCORE_LEN") >= kLongScores) return std::max<std::int64_t>(last - b % 4, 0);
  const std::int64_t k = inputs.Dim("IDX_TOPK");
  const std::int64_t edges[] = {0,         1,         4 - S,           3,    8 - S,   7,
                                4 * k - S, 4 * k - 1, 4 * (k + 1) - S, last, last - 1};
  const std::int64_t edge = edges[inputs.Random() % std::size(edges)];
  const auto any =
      static_cast<std::int64_t>(inputs.Random() % static_cast<std::uint64_t>(last + 1));
  return std::clamp<std::int64_t>(inputs.Random() % 4 == 0 ? any : edge, 0, last);
}

}  // namespace kernels::indexer
