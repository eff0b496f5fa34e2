#include "kernels/compressor/inputs.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <stdexcept>
#include <vector>

#include "kernels/golden/fills.h"
#include "kernels/golden/rope_table.h"
#include "kernels/golden/rounding.h"

namespace kernels::compressor {
namespace {

using tilesmith::CaseInputs;

std::int64_t Below(CaseInputs& inputs, std::int64_t bound) {
  return static_cast<std::int64_t>(inputs.Random() % static_cast<std::uint64_t>(bound));
}

std::size_t At(std::int64_t i) { return static_cast<std::size_t>(i); }

// Numbers below `count`, each handed out once.
class Shuffled {
 public:
  Shuffled(CaseInputs& inputs, std::int64_t count) : order_(At(count)) {
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

// A step over state pages: positions, tables, angles.
class PagedStep {
 public:
  PagedStep(CaseInputs& inputs, const StepInputs& step)
      : inputs_(inputs),
        step_(step),
        S_(inputs.Dim("S")),
        pages_(inputs.Dim("STATE_PAGES")),
        blocks_(inputs.Dim("STATE_BLOCKS")),
        table_(inputs.Get<std::int32_t>("compress_state_block_table")),
        free_pages_(inputs, blocks_) {}

 protected:
  // Position of the first token: with token (b mod S) at the end of a window, or with no token
  // there.
  std::int64_t Position(std::int64_t b) {
    const std::int64_t windows =
        std::max<std::int64_t>(pages_ * step_.state_page / step_.ratio - 1, 1);
    const std::int64_t first = b % 8 == 4 ? 0 : Below(inputs_, windows) * step_.ratio;
    if (b % step_.stride == 0 || S_ >= step_.ratio) return first + step_.ratio - 1 - b % S_;
    return first + Below(inputs_, step_.ratio - S_);
  }

  // False when no pages are left: the step then reads strangers' pages.
  bool MapPages(std::int64_t b, std::int64_t pos0) {
    const std::span<std::int32_t> row = table_.subspan(At(b * pages_), At(pages_));
    for (std::int32_t& entry : row) {
      entry = inputs_.Random() % 2 == 0 ? -1 : static_cast<std::int32_t>(Below(inputs_, blocks_));
    }
    // The window that pos0 lies in, if this step ends it.
    const std::int64_t last = pos0 + S_ - 1;
    const std::int64_t end = pos0 / step_.ratio * step_.ratio + step_.ratio - 1;
    const std::int64_t first =
        end > last ? pos0 : std::max<std::int64_t>(end - step_.window + 1, 0);
    const std::int64_t first_page = first / step_.state_page, last_page = last / step_.state_page;
    const bool enough = free_pages_.left() > last_page - first_page;
    for (std::int64_t page = first_page; page <= last_page; ++page) {
      const std::int64_t block = enough ? free_pages_.Take() : Below(inputs_, blocks_);
      row[At(page)] = static_cast<std::int32_t>(block);
    }
    if (step_.holes && b % 4 == 0 && first_page < pos0 / step_.state_page) row[At(first_page)] = -1;
    return enough;
  }

  void FillAngles(std::int64_t b, std::int64_t pos0) {
    const std::span<float> cos = inputs_.Get<float>("cos"), sin = inputs_.Get<float>("sin");
    const auto first = static_cast<int>(pos0 / step_.ratio * step_.ratio);
    for (int i = 0; i < golden::kRopeHalf; ++i) {
      const golden::RopeEntry entry = golden::RopeTableEntry(first, i);
      cos[At(b * golden::kRopeHalf + i)] = entry.cos;
      sin[At(b * golden::kRopeHalf + i)] = entry.sin;
    }
  }

  CaseInputs& inputs_;
  const StepInputs& step_;
  std::int64_t S_, pages_, blocks_;
  std::span<std::int32_t> table_;
  Shuffled free_pages_;
};

class SlottedStep : PagedStep {
 public:
  SlottedStep(CaseInputs& inputs, const StepInputs& step)
      : PagedStep(inputs, step),
        positions_(inputs.Get<std::int32_t>("position_ids")),
        cache_slots_(inputs.Get<std::int64_t>(step.cache_slots)),
        state_slots_(inputs.Get<std::int64_t>(step.state_slots)),
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

  std::span<std::int32_t> positions_;
  std::span<std::int64_t> cache_slots_, state_slots_;
  Shuffled free_rows_;
};

// Every token is stored, so batches that find no pages get none at all, and end no window.
class TabledStep : PagedStep {
 public:
  TabledStep(CaseInputs& inputs, const StepInputs& step)
      : PagedStep(inputs, step), free_blocks_(inputs, inputs.Dim("CACHE_BLOCKS")) {}

  void Fill() {
    const std::span<std::int32_t> start = inputs_.Get<std::int32_t>("start_pos");
    for (std::int64_t b = 0; b < inputs_.Dim("B"); ++b) {
      std::int64_t pos0 = Position(b);
      if (!MapPages(b, pos0)) {
        if (S_ >= step_.ratio)
          throw std::invalid_argument("too few STATE_BLOCKS for this B and S; enlarge the pool");
        pos0 = 0;
        std::ranges::fill(table_.subspan(At(b * pages_), At(pages_)), -1);
      }
      start[At(b)] = static_cast<std::int32_t>(pos0);
      FillAngles(b, pos0);
      MapCache(b, pos0 / step_.ratio);
    }
    for (std::size_t i = 0; i < golden::kRopeHalf; ++i) {
      inputs_.Get<std::int32_t>("even_idx")[i] = static_cast<std::int32_t>(2 * i);
      inputs_.Get<std::int32_t>("odd_idx")[i] = static_cast<std::int32_t>(2 * i + 1);
    }
  }

 private:
  void MapCache(std::int64_t b, std::int64_t column) {
    const std::int64_t pages = inputs_.Dim("CACHE_PAGES");
    const std::span<std::int32_t> row =
        inputs_.Get<std::int32_t>(step_.cache_table).subspan(At(b * pages), At(pages));
    std::ranges::fill(row, -1);
    const bool mapped = b % 8 != 6 && free_blocks_.left() > 0;
    if (mapped) {
      row[At(column / inputs_.Dim("CACHE_PAGE"))] = static_cast<std::int32_t>(free_blocks_.Take());
    }
  }

  Shuffled free_blocks_;
};

// A row per batch that all positions share; before the sequence began its slots hold nothing.
class ContiguousStep {
 public:
  ContiguousStep(CaseInputs& inputs, const StepInputs& step)
      : inputs_(inputs), step_(step), position_(inputs.Dim("start_pos")) {}

  void Fill() {
    const std::span<float> kv = inputs_.Get<float>("kv_state");
    const std::span<float> score = inputs_.Get<float>("score_state");
    const std::int64_t row = static_cast<std::int64_t>(kv.size()) / inputs_.Dim("B") / step_.window;
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(kv.size()); ++i) {
      if (IsStored(i / row % step_.window)) continue;
      kv[At(i)] = 0;
      score[At(i)] = -std::numeric_limits<float>::max();
    }
  }

  template <typename Angle, typename Narrow>
  void FillAngles(const Narrow& narrow) {
    const auto first = static_cast<int>(position_ / step_.ratio * step_.ratio);
    for (int i = 0; i < golden::kRopeHalf; ++i) {
      const golden::RopeEntry entry = golden::RopeTableEntry(first, i);
      inputs_.Get<Angle>("cos")[At(i)] = narrow(entry.cos);
      inputs_.Get<Angle>("sin")[At(i)] = narrow(entry.sin);
    }
  }

 private:
  // The last `ratio` slots are the window under way, those before them the one that it follows.
  bool IsStored(std::int64_t slot) const {
    const std::int64_t under_way = slot - (step_.window - step_.ratio);
    return under_way < 0 ? position_ >= step_.ratio : under_way < position_ % step_.ratio;
  }

  CaseInputs& inputs_;
  const StepInputs& step_;
  std::int64_t position_;
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

void FillTabledStep(CaseInputs& inputs, const StepInputs& step) {
  FillProjection(inputs);
  TabledStep(inputs, step).Fill();
}

void FillContiguousStep(CaseInputs& inputs, const StepInputs& step) {
  FillProjection(inputs);
  ContiguousStep filled(inputs, step);
  filled.Fill();
  filled.FillAngles<float>([](float value) { return value; });
}

void FillRatio128V0Step(CaseInputs& inputs, const StepInputs& step) {
  FillProjection(inputs);
  ContiguousStep filled(inputs, step);
  filled.Fill();
  filled.FillAngles<tilesmith::bf16>(&golden::Bf16Rne);
}

}  // namespace kernels::compressor
