#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kernels/attention/inputs.h"
#include "kernels/golden/attention_fills.h"
#include "kernels/golden/fills.h"

namespace kernels::attention {

std::vector<int> FillWindowRows(tilesmith::CaseInputs& inputs, const std::string& window, int B,
                                int limit) {
  const std::span<int> rows = inputs.Get<int>(window);
  std::ranges::fill(rows, -1);
  const std::size_t tokens = rows.size() / 128, S = tokens / static_cast<std::size_t>(B);
  std::vector<int> pages(static_cast<std::size_t>(inputs.Dim("ORI_BLOCKS")));
  golden::FillPageTable(inputs, pages, static_cast<std::int64_t>(pages.size()));
  std::vector<int> positions;
  for (std::size_t b = 0; b < static_cast<std::size_t>(B); ++b) {
    const int start = golden::StartPosition(inputs, limit - static_cast<int>(S));
    for (std::size_t s = 0; s < S; ++s) {
      const int position = start + static_cast<int>(s), oldest = std::max(0, position - 127);
      positions.push_back(position);
      for (int p = oldest; p <= position; ++p) {
        // Few pages serve many positions: only a window's own must differ.
        const std::size_t page = (2 * b + static_cast<std::size_t>(p / 128) % 2) % pages.size();
        rows[(b * S + s) * 128 + static_cast<std::size_t>(p - oldest)] =
            pages[page] * 128 + p % 128;
      }
    }
  }
  return positions;
}

}  // namespace kernels::attention
