#include "kernels/indexer_qr_rope/indexer_qr_rope_golden.h"

#include <cstddef>

#include "kernels/golden/rounding.h"

namespace kernels {

void IndexerQrRopeGolden(const IndexerQrRopeArgs& a) {
  const auto batches = static_cast<std::size_t>(a.B);
  const auto rows_per_batch = static_cast<std::size_t>(a.S) * static_cast<std::size_t>(a.H);
  for (std::size_t b = 0; b < batches; ++b) {
    for (std::size_t r = 0; r < rows_per_batch; ++r) {
      const float* x = a.q + (b * rows_per_batch + r) * 128;
      bf16* y = a.q_rot + (b * rows_per_batch + r) * 128;
      for (std::size_t j = 0; j < 64; ++j) y[j] = golden::Bf16Rne(x[j]);
      for (std::size_t i = 0; i < 32; ++i) {
        const float even = x[64 + 2 * i], odd = x[64 + 2 * i + 1];
        const float c = a.cos[b * 32 + i], s = a.sin[b * 32 + i];
        // Both products round to FP32, then their sum, then to bf16.
        const float even_c = even * c, odd_s = odd * s, even_s = even * s, odd_c = odd * c;
        y[64 + 2 * i] = golden::Bf16Rne(even_c - odd_s);
        y[64 + 2 * i + 1] = golden::Bf16Rne(even_s + odd_c);
      }
    }
  }
}

}  // namespace kernels
