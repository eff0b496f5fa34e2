#include "kernels/compressor/inputs.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "kernels/golden/fills.h"
#include "kernels/golden/rope_table.h"

namespace kernels::compressor {
namespace {

using tilesmith::CaseInputs;

std::int64_t Below(CaseInputs& inputs, std::int64_t bound) {
  return static_cast<std::int64_t>(inputs.Random() % static_cast<std::uint64_t>(bound));
}

// Numbers below `count`, each handed out once.
class Shuffled {
 public:
  Shuffled(CaseInputs& inputs, std::int64_t count) : order_(static_cast<std::size_t>(count)) {
    std::iota(order_.begin(), order_.end(), 0);
    for (std::size_t i = order_.size(); i > 1; --i) {
      std::swap(order_[i - 1], order_[inputs.Random() % i]);
    }
  }
  std::int64_t left() const { return static_cast<std::int64_t>(order_.size()); }
  std::int64_t Take() {
    const std::int64_t number = order_.back();
    order_.pop_back();
    return number;
  }

 private:
  std::vector<std::int64_t> order_;
};

class SlottedStep {
 public:
  SlottedStep(CaseInputs& inputs, const StepInputs& step)
      : inputs_(inputs),
        step_(step),
        S_(inputs.Dim("S")),
        pages_(inputs.Dim("STATE_PAGES")),
        blocks_(inputs.Dim("STATE_BLOCKS")),
        table_(inputs.Get<std::int32_t>("compress_state_block_table")),
        positions_(inputs.Get<std::int32_t>("position_ids")),
        cache_slots_(inputs.Get<std::int64_t>(step.cache_slots)),
        state_slots_(inputs.Get<std::int64_t>(step.state_slots)),
        free_pages_(inputs, blocks_),
        free_rows_(inputs, inputs.Dim("CACHE_BLOCKS") * inputs.Dim("CACHE_PAGE")) {}

  void Fill() {
    for (std::int64_t b = 0; b < inputs_.Dim("B"); ++b) {
      const std::int64_t pos0 = Position(b);
      const bool mapped = MapPages(b, pos0);
      FillAngles(b, pos0);
      for (std::int64_t s = 0; s < S_; ++s) FillToken(b, s, pos0 + s, mapped);
    }
  }

 private:
  // Position of the first token: with token (b mod S) at the end of a window, or with no token there.
  std::int64_t Position(std::int64_t b) {
    const std::int64_t windows =
        std::max<std::int64_t>(pages_ * step_.state_page / step_.ratio - 1, 1);
    const std::int64_t first = b % 8 == 4 ? 0 : Below(inputs_, windows) * step_.ratio;
    if (b % step_.stride == 0 || S_ >= step_.ratio) return first + step_.ratio - 1 - b % S_;
    return first + Below(inputs_, step_.ratio - S_);
  }

  // False when no pages are left.
  bool MapPages(std::int64_t b, std::int64_t pos0) {
    const std::span<std::int32_t> row = table_.subspan(At(b * pages_), At(pages_));
    for (std::int32_t& entry : row) {
      entry = inputs_.Random() % 2 == 0 ? -1 : static_cast<std::int32_t>(Below(inputs_, blocks_));
    }
    // The window that pos0 lies in, if this step ends it.
    const std::int64_t last = pos0 + S_ - 1,
                       end = pos0 / step_.ratio * step_.ratio + step_.ratio - 1;
    const std::int64_t first =
        end > last ? pos0 : std::max<std::int64_t>(end - step_.window + 1, 0);
    const std::int64_t first_page = first / step_.state_page, last_page = last / step_.state_page;
    const bool enough = free_pages_.left() > last_page - first_page;
    for (std::int64_t page = first_page; page <= last_page; ++page) {
      row[At(page)] =
          static_cast<std::int32_t>(enough ? free_pages_.Take() : Below(inputs_, blocks_));
    }
    if (step_.holes && b % 4 == 0 && first_page < pos0 / step_.state_page) row[At(first_page)] = -1;
    return enough;
  }

  void FillToken(std::int64_t b, std::int64_t s, std::int64_t position, bool mapped) {
    const std::size_t token = At(b * S_ + s);
    positions_[token] = static_cast<std::int32_t>(position);
    const std::int64_t page = table_[At(b * pages_ + position / step_.state_page)];
    const bool stored = mapped && (b % 8 != 5 || s + 1 < S_);  // 5: a speculative last token
    state_slots_[token] = stored ? page * step_.state_page + position % step_.state_page : -1;
    const bool boundary = (position + 1) % step_.ratio == 0;
    const bool cached = boundary && b % 8 != 6 && free_rows_.left() > 0;  // 6: a speculative one
    cache_slots_[token] = cached ? free_rows_.Take() : -1;
  }

  void FillAngles(std::int64_t b, std::int64_t pos0) {
    const std::span<float> cos = inputs_.Get<float>("cos"), sin = inputs_.Get<float>("sin");
    for (int i = 0; i < golden::kRopeHalf; ++i) {
      const auto first = static_cast<int>(pos0 / step_.ratio * step_.ratio);
      const golden::RopeEntry entry = golden::RopeTableEntry(first, i);
      cos[At(b * golden::kRopeHalf + i)] = entry.cos;
      sin[At(b * golden::kRopeHalf + i)] = entry.sin;
    }
  }

  static std::size_t At(std::int64_t i) { return static_cast<std::size_t>(i); }

  CaseInputs& inputs_;
  const StepInputs& step_;
  std::int64_t S_, pages_, blocks_;
  std::span<std::int32_t> table_, positions_;
  std::span<std::int64_t> cache_slots_, state_slots_;
  Shuffled free_pages_, free_rows_;
};

}  // namespace

void FillProjection(CaseInputs& inputs) {
  golden::FillNormal(inputs, inputs.Get<tilesmith::bf16>("x"), 1);
  golden::FillNormal(inputs, inputs.Get<tilesmith::bf16>("wkv"), 0.0293);
  golden::FillNormal(inputs, inputs.Get<tilesmith::bf16>("wgate"), 0.0512);
  golden::FillNormal(inputs, inputs.Get<float>("ape"), 0.1528);
}

void FillSlottedStep(CaseInputs& inputs, const StepInputs& step) {
  FillProjection(inputs);
  SlottedStep(inputs, step).Fill();
}

}  // namespace kernels::compressor
