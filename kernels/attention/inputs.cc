#include "kernels/attention/inputs.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>

#include "kernels/golden/fills.h"
#include "kernels/golden/rope_table.h"
#include "kernels/golden/rounding.h"

namespace kernels::attention {
namespace {

using tilesmith::bf16;
using tilesmith::CaseInputs;

constexpr std::uint64_t kMaxSeqLen = 8192;

void FillAngles(CaseInputs& inputs) {
  const std::span<bf16> cos = inputs.Get<bf16>("freqs_cos"), sin = inputs.Get<bf16>("freqs_sin");
  int position = 0;
  for (std::size_t i = 0; i < cos.size(); ++i) {
    if (i % 64 == 0) position = static_cast<int>(inputs.Random() % kMaxSeqLen);
    const golden::RopeEntry entry = golden::RopeTableEntry(position, static_cast<int>(i % 32));
    cos[i] = golden::Bf16Rne(entry.cos);
    sin[i] = golden::Bf16Rne(entry.sin);
  }
}

}  // namespace

int StartPosition(CaseInputs& inputs, int limit) {
  constexpr std::array<int, 10> kEdges = {0, 3, 4, 7, 10, 11, 126, 127, 128, 255};
  const std::uint64_t random = inputs.Random();
  const int edge = kEdges[(random >> 1) % kEdges.size()];
  if (random % 2 == 0 && edge < limit) return edge;
  return static_cast<int>((random >> 1) % static_cast<std::uint64_t>(std::max(limit, 1)));
}

void FillTopk(CaseInputs& inputs, std::span<int> row, int visible, int offset) {
  std::vector<int> columns(static_cast<std::size_t>(visible));
  std::iota(columns.begin(), columns.end(), offset);
  const std::size_t chosen = std::min(row.size(), columns.size());
  std::fill(row.begin(), row.end(), -1);
  for (std::size_t k = 0; k < chosen; ++k) {
    std::swap(columns[k], columns[k + inputs.Random() % (columns.size() - k)]);
    row[k] = columns[k];
  }
}

void FillValues(CaseInputs& inputs, const std::vector<std::string>& rows) {
  golden::FillNormal(inputs, inputs.Get<bf16>("q"), 1);
  for (const std::string& name : rows) golden::FillNormal(inputs, inputs.Get<bf16>(name), 1);
  golden::FillNormal(inputs, inputs.Get<float>("attn_sink"), 2);
  FillAngles(inputs);
}

void FillTables(CaseInputs& inputs, const std::vector<std::string>& tables) {
  for (const std::string& name : tables) {
    const bool window = name == "ori_block_table";
    golden::FillPageTable(inputs, inputs.Get<int>(name),
                          inputs.Dim(window ? "ORI_BLOCKS" : "CMP_BLOCKS"));
  }
}

void FillProjection(CaseInputs& inputs) {
  const double uniform = std::sqrt(1.0 / 12);  // of ±1/2
  const std::span<bf16> wo_a = inputs.Get<bf16>("wo_a");
  const auto lora = static_cast<double>(inputs.Dim("G") * inputs.Dim("O_LORA"));
  golden::FillNormal(inputs, wo_a, uniform / std::sqrt(static_cast<double>(wo_a.size()) / lora));
  golden::FillWeight(inputs, "wo_b", uniform / std::sqrt(lora), 0.1);
}

}  // namespace kernels::attention
