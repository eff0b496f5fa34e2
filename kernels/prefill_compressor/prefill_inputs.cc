#include "kernels/prefill_compressor/prefill_inputs.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <stdexcept>
#include <vector>

#include "kernels/golden/fills.h"
#include "kernels/golden/rope_table.h"
#include "kernels/golden/rounding.h"

namespace kernels {
namespace {

using tilesmith::CaseInputs;

std::vector<std::int32_t> Permuted(CaseInputs& inputs, std::int64_t pages) {
  std::vector<std::int32_t> order(static_cast<std::size_t>(pages));
  golden::FillPageTable(inputs, order, pages);
  return order;
}

void FillRopeTables(CaseInputs& inputs) {
  const std::span<tilesmith::bf16> cos = inputs.Get<tilesmith::bf16>("freqs_cos");
  const std::span<tilesmith::bf16> sin = inputs.Get<tilesmith::bf16>("freqs_sin");
  constexpr std::size_t kDim = 2 * golden::kRopeHalf;
  for (std::size_t i = 0; i < cos.size(); ++i) {
    const golden::RopeEntry entry =
        golden::RopeTableEntry(static_cast<int>(i / kDim), static_cast<int>(i % golden::kRopeHalf));
    cos[i] = golden::Bf16Rne(entry.cos);
    sin[i] = golden::Bf16Rne(entry.sin);
  }
}

class Chunk {
 public:
  Chunk(CaseInputs& inputs, const PrefillPaging& paging)
      : inputs_(inputs),
        paging_(paging),
        tokens_(inputs.Dim("T")),
        active_(std::min(inputs.Dim("num_tokens"), tokens_)),
        positions_(inputs.Get<std::int32_t>("position_ids")) {}

  // Positions from one at which a window ends within the chunk, or from the sequence's beginning.
  void FillPositions() {
    const std::int64_t limit =
        std::min(inputs_.Dim("MAX_SEQ"), inputs_.Dim("MAX_BLOCKS") * paging_.page);
    if (limit < tokens_) {
      throw std::invalid_argument("MAX_SEQ and the pages of MAX_BLOCKS must hold T positions");
    }
    const std::int64_t windows = std::max<std::int64_t>(limit / paging_.ratio, 1);
    const std::int64_t end = Below(windows) * paging_.ratio + paging_.ratio - 1;
    const std::int64_t start = Below(4) == 0 ? 0 : end - Below(std::max<std::int64_t>(active_, 1));
    std::iota(positions_.begin(), positions_.end(),
              static_cast<std::int32_t>(std::clamp<std::int64_t>(start, 0, limit - tokens_)));
  }

  // The pool rolls: page p of the sequence is page p modulo the pool's size. A token is kept when
  // no later one of the chunk needs its page.
  void FillState() {
    const std::span<std::int32_t> table = inputs_.Get<std::int32_t>(paging_.names.table);
    const std::int64_t pool = inputs_.Dim("STATE_BLOCKS");
    const std::vector<std::int32_t> pages = Permuted(inputs_, pool);
    for (std::size_t p = 0; p < table.size(); ++p) {
      table[p] = Below(8) == 0 ? -1 : pages[p % pages.size()];
    }
    const std::span<std::int64_t> slots = inputs_.Get<std::int64_t>(paging_.names.state);
    const std::int64_t last = active_ > 0 ? Position(active_ - 1) / paging_.page : 0;
    for (std::int64_t t = 0; t < tokens_; ++t) {
      const std::int64_t page = Position(t) / paging_.page;
      const std::int32_t physical = table[static_cast<std::size_t>(page)];
      const bool kept = t < active_ && physical >= 0 && last - page < pool;
      slots[static_cast<std::size_t>(t)] =
          kept ? physical * std::int64_t{paging_.page} + Position(t) % paging_.page : -1;
    }
  }

  void FillCache() {
    const std::span<std::int64_t> slots = inputs_.Get<std::int64_t>(paging_.names.cmp);
    const std::int64_t page = inputs_.Dim("CMP_PAGE");
    const std::vector<std::int32_t> pages = Permuted(inputs_, inputs_.Dim("CMP_BLOCKS"));
    const auto rows = static_cast<std::int64_t>(pages.size()) * page;
    std::int64_t windows = 0;
    for (std::int64_t t = 0; t < tokens_; ++t) {
      std::int64_t& slot = slots[static_cast<std::size_t>(t)];
      slot = -1;
      if (t >= active_ || (Position(t) + 1) % paging_.ratio != 0 || windows >= rows) continue;
      if (windows++ > 0 && Below(8) == 0) continue;
      const std::int64_t column = Position(t) / paging_.ratio % rows;
      slot = pages[static_cast<std::size_t>(column / page)] * page + column % page;
    }
  }

 private:
  std::int64_t Below(std::int64_t n) {
    return static_cast<std::int64_t>(inputs_.Random() % static_cast<std::uint64_t>(n));
  }
  std::int64_t Position(std::int64_t t) const { return positions_[static_cast<std::size_t>(t)]; }

  CaseInputs& inputs_;
  PrefillPaging paging_;
  std::int64_t tokens_;
  std::int64_t active_;
  std::span<std::int32_t> positions_;
};

}  // namespace

void FillPrefillCase(CaseInputs& inputs, const PrefillPaging& paging) {
  golden::FillNormal(inputs, inputs.Get<tilesmith::bf16>("wkv"), 0.0293);
  golden::FillNormal(inputs, inputs.Get<tilesmith::bf16>("wgate"), 0.0512);
  FillRopeTables(inputs);
  Chunk chunk(inputs, paging);
  chunk.FillPositions();
  chunk.FillState();
  chunk.FillCache();
}

}  // namespace kernels
