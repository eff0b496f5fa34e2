#include "kernels/attention/inputs.h"

#include <cstddef>
#include <cstdint>

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

}  // namespace kernels::attention
