#include "kernels/moe_gate/inputs.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace kernels::moe_gate {

// Every token of the vocabulary has experts of its own, distinct ones.
void FillHash(tilesmith::CaseInputs& inputs) {
  const auto experts = static_cast<std::uint64_t>(inputs.Dim("E"));
  const auto top_k = static_cast<std::size_t>(inputs.Dim("TOPK"));
  const auto vocabulary = static_cast<std::uint64_t>(inputs.Dim("VOCAB"));
  const std::span<std::int32_t> table = inputs.Get<std::int32_t>("tid2eid");
  for (std::size_t begin = 0; begin < table.size(); begin += top_k) {
    for (std::size_t k = 0; k < top_k; ++k) {
      const std::span<std::int32_t> before = table.subspan(begin, k);
      std::int32_t& id = table[begin + k];
      do {
        id = static_cast<std::int32_t>(inputs.Random() % experts);
      } while (std::ranges::find(before, id) != before.end());
    }
  }
  for (std::int64_t& id : inputs.Get<std::int64_t>("input_ids")) {
    id = static_cast<std::int64_t>(inputs.Random() % vocabulary);
  }
}

}  // namespace kernels::moe_gate
