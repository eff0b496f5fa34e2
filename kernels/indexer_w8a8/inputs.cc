#include "kernels/indexer_w8a8/inputs.h"

#include <algorithm>
#include <cstdint>
#include <span>

#include "kernels/golden/fills.h"
#include "kernels/indexer/inputs.h"

namespace kernels::indexer {
namespace {

using tilesmith::bf16;
using tilesmith::CaseInputs;

constexpr std::int64_t kStatePage = 4, kRatio = 4, kWindow = 8;

std::size_t At(std::int64_t i) { return static_cast<std::size_t>(i); }

void FillOperands(CaseInputs& inputs) {
  golden::FillNormal(inputs, inputs.Get<bf16>("x"), 1);
  golden::FillQuantisedRows(inputs, "qr", "qr_scale");
  golden::FillWeight(inputs, "wq_b", 0.108, 0.56);
  golden::FillNormal(inputs, inputs.Get<bf16>("weights_proj"), 0.2313);
  golden::FillNormal(inputs, inputs.Get<bf16>("inner_wkv"), 0.0293);
  golden::FillNormal(inputs, inputs.Get<bf16>("inner_wgate"), 0.0512);
  golden::FillNormal(inputs, inputs.Get<float>("inner_ape"), 0.1528);
  FillMatrix(inputs);
}

class Step {
 public:
  explicit Step(CaseInputs& inputs)
      : inputs_(inputs),
        S_(inputs.Dim("S")),
        pages_(inputs.Dim("TABLE")),
        page_(inputs.Dim("PAGE")),
        state_pages_(inputs.Dim("STATE_PAGES")),
        table_(inputs.Get<std::int32_t>("idx_block_table")),
        state_table_(inputs.Get<std::int32_t>("inner_compress_state_block_table")) {}

  void Fill() {
    const std::int64_t keys = std::min(inputs_.Dim("SCORE_LEN"), pages_ * page_);
    const std::int64_t longest = std::min(keys * kRatio, state_pages_ * kStatePage);
    for (std::int64_t b = 0; b < inputs_.Dim("B"); ++b) {
      const std::int64_t first = PickPosition(inputs_, b, longest);
      FillAngles(inputs_, b, first);
      inputs_.Get<std::int32_t>("kv_seq_lens")[At(b)] = static_cast<std::int32_t>(first + S_);
      const bool stored = MapState(b, first);
      for (std::int64_t s = 0; s < S_; ++s) FillToken(b, s, first + s, stored);
      // Keys that are gone; not the page that this step writes to.
      if (b % 4 == 2 && first / kRatio / page_ > 0) table_[At(b * pages_)] = -1;
    }
  }

 private:
  // The state pages of the window; all others are not there. False when the pool has too few: then
  // the batch reads strangers' and writes none.
  bool MapState(std::int64_t b, std::int64_t first) {
    const std::span<std::int32_t> row =
        state_table_.subspan(At(b * state_pages_), At(state_pages_));
    std::ranges::fill(row, -1);
    const std::int64_t from = std::max<std::int64_t>(first - kWindow + 1, 0) / kStatePage;
    const std::int64_t to = (first + S_ - 1) / kStatePage;
    const std::int64_t blocks = inputs_.Dim("STATE_BLOCKS");
    const bool enough = used_ + to - from < blocks;
    // Consecutive numbers from a start of the batch's own, backwards: never the identity.
    for (std::int64_t page = from; page <= to; ++page) {
      row[At(page)] = static_cast<std::int32_t>(enough ? blocks - 1 - used_++ : 0);
    }
    return enough;
  }

  void FillToken(std::int64_t b, std::int64_t s, std::int64_t position, bool stored) {
    const std::size_t token = At(b * S_ + s);
    inputs_.Get<std::int32_t>("position_ids")[token] = static_cast<std::int32_t>(position);
    const std::int64_t state = state_table_[At(b * state_pages_ + position / kStatePage)];
    inputs_.Get<std::int64_t>("inner_state_slot_mapping")[token] =
        stored ? state * kStatePage + position % kStatePage : -1;
    const std::int64_t key = position / kRatio;
    const bool cached = (position + 1) % kRatio == 0 && b % 8 != 6;  // 6: a speculative token
    inputs_.Get<std::int64_t>("idx_slot_mapping")[token] =
        cached ? table_[At(b * pages_ + key / page_)] * page_ + key % page_ : -1;
  }

  CaseInputs& inputs_;
  const std::int64_t S_, pages_, page_, state_pages_;
  const std::span<std::int32_t> table_, state_table_;
  std::int64_t used_ = 0;
};

}  // namespace

void FillStep(CaseInputs& inputs) {
  FillOperands(inputs);
  FillTable(inputs);
  Step(inputs).Fill();
}

}  // namespace kernels::indexer
