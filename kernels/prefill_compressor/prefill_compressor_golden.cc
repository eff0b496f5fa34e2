#include "kernels/prefill_compressor/prefill_compressor_golden.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "kernels/golden/rounding.h"
#include "kernels/prefill_compressor/prefill_chunk_golden.h"

namespace kernels {

template <typename Ratio>
void PrefillCompressorGolden(const PrefillCompressorArgs& a) {
  const PrefillChunkGolden<Ratio> chunk(a);
  for (const std::size_t token : chunk.Windows()) {
    const std::vector<float> row = chunk.Row(token);
    bf16* to = a.cmp_kv + static_cast<std::size_t>(a.cmp_slot_mapping[token]) * row.size();
    std::transform(row.begin(), row.end(), to, golden::Bf16Rne);
  }
  chunk.UpdateState();
}

template void PrefillCompressorGolden<PrefillRatio4>(const PrefillCompressorArgs&);
template void PrefillCompressorGolden<PrefillRatio128>(const PrefillCompressorArgs&);

}  // namespace kernels
