#include "kernels/csa_cache_writeback/csa_cache_writeback_golden.h"

#include <algorithm>
#include <cstddef>
#include <span>

namespace kernels {

void CsaCacheWritebackGolden(const CsaCacheWritebackArgs& a) {
  constexpr std::size_t kRow = 512;
  const std::span<const long> slots(a.ori_slot_mapping, static_cast<std::size_t>(a.T));
  for (std::size_t t = 0; t < slots.size(); ++t) {
    if (slots[t] >= 0) std::copy_n(a.kv + t * kRow, kRow, a.kv_cache + slots[t] * long{kRow});
  }
}

}  // namespace kernels
