#include "kernels/csa_attention_half_layer/inputs.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernels/attention/inputs.h"
#include "kernels/golden/attention_fills.h"
#include "kernels/golden/fills.h"
#include "kernels/golden/rope_table.h"
#include "kernels/golden/rounding.h"

namespace kernels::csa_half_layer {
namespace {

using tilesmith::bf16;
using tilesmith::CaseInputs;

constexpr std::int64_t kWindow = 128, kRatio = 4, kStatePage = 4, kPooled = 8;
/// Score rows this long belong to timed cases.
constexpr std::int64_t kLongScores = 1024;

std::size_t At(std::int64_t i) { return static_cast<std::size_t>(i); }

void FillWeights(CaseInputs& inputs) {
  const auto normal = [&](const char* name, double deviation) {
    golden::FillNormal(inputs, inputs.Get<bf16>(name), deviation);
  };
  normal("wq_a", 0.03);
  normal("wkv", 0.03);
  golden::FillWeight(inputs, "wq_b", 0.02, 0.3);
  normal("cmp_wkv", 0.0293);
  normal("cmp_wgate", 0.0512);
  golden::FillWeight(inputs, "idx_wq_b", 0.108, 0.56);
  normal("weights_proj", 0.2313);
  normal("inner_wkv", 0.0293);
  normal("inner_wgate", 0.0512);
  golden::FillProjection(inputs);
  // To the streams the attention adds a few hundredths: a wrong stage moves x_out by several times
  // what its rule lets pass, a choice that flips among the indexer's ties by less.
  for (float& scale : inputs.Get<float>("wo_b_scale")) scale *= 6;
}

// Sylvester's matrix in timed cases, else any with its norm.
void FillMatrix(CaseInputs& inputs) {
  constexpr std::size_t kSize = 128;
  constexpr float kNorm = 0.08838834764831845f;  // 128^-½
  const std::span<bf16> matrix = inputs.Get<bf16>("hadamard_idx");
  if (inputs.Dim("SCORE_LEN") < kLongScores) return golden::FillNormal(inputs, matrix, kNorm);
  for (std::size_t i = 0; i < matrix.size(); ++i) {
    const bool odd = std::popcount(i / kSize & i % kSize) % 2 == 1;
    matrix[i] = golden::Bf16Rne(odd ? -kNorm : kNorm);
  }
}

void FillRopeTables(CaseInputs& inputs) {
  const std::span<bf16> cos = inputs.Get<bf16>("freqs_cos"), sin = inputs.Get<bf16>("freqs_sin");
  for (std::size_t i = 0; i < cos.size(); ++i) {
    const golden::RopeEntry entry =
        golden::RopeTableEntry(static_cast<int>(i / 64), static_cast<int>(i % 32));
    cos[i] = golden::Bf16Rne(entry.cos);
    sin[i] = golden::Bf16Rne(entry.sin);
  }
}

/// A table [B, pages] over a pool, and the rows that it leads to.
struct Pages {
  std::span<std::int32_t> table;
  std::int64_t width;  // entries of a batch
  std::int64_t page;   // rows

  std::int64_t Row(std::int64_t b, std::int64_t column) const {
    return table[At(b * width + column / page)] * page + column % page;
  }
};

class Step {
 public:
  explicit Step(CaseInputs& inputs)
      : inputs_(inputs),
        B_(inputs.Dim("B")),
        S_(inputs.Dim("S")),
        rings_{Table("ori_block_table"), 1, kWindow},
        compressed_{Table("cmp_block_table"), inputs.Dim("CMP_MAX"), inputs.Dim("CMP_PAGE")},
        keys_{Table("idx_block_table"), inputs.Dim("IDX_MAX"), inputs.Dim("IDX_PAGE")},
        state_{Table("compress_state_block_table"), inputs.Dim("STATE_PAGES"), kStatePage},
        inner_{Table("inner_compress_state_block_table"), inputs.Dim("STATE_PAGES"), kStatePage} {}

  void Fill(const std::vector<std::int64_t>& first) {
    golden::FillPageTable(inputs_, rings_.table, inputs_.Dim("ORI_BLOCKS"));
    golden::FillPageTable(inputs_, compressed_.table, inputs_.Dim("CMP_BLOCKS"));
    golden::FillPageTable(inputs_, keys_.table, inputs_.Dim("IDX_BLOCKS"));
    first_ = first;
    MapState(state_);
    MapState(inner_);
    for (std::int64_t b = 0; b < B_; ++b) FillBatch(b);
  }

  // The position of a batch's first token.
  std::int64_t PickPosition(std::int64_t b) {
    const std::int64_t columns =
        std::min({inputs_.Dim("SCORE_LEN"), compressed_.width * compressed_.page,
                  keys_.width * keys_.page, state_.width});
    const std::int64_t last = std::min(columns * kRatio, inputs_.Dim("MAX_SEQ")) - S_;
    if (inputs_.Dim("SCORE_LEN") >= kLongScores) return std::max<std::int64_t>(last - b % 4, 0);
    const std::int64_t k = inputs_.Dim("IDX_TOPK");
    const std::int64_t edges[] = {0,   1,   3,          4 - S_,           7,    126,
                                  127, 131, 4 * k - S_, 4 * (k + 1) - S_, last, last - 1};
    const std::int64_t edge = edges[Below(std::size(edges))];
    const std::int64_t any = Below(std::max<std::int64_t>(last, 1));
    return std::clamp<std::int64_t>(Below(4) == 0 ? any : edge, 0, std::max<std::int64_t>(last, 0));
  }

 private:
  std::span<std::int32_t> Table(const char* name) { return inputs_.Get<std::int32_t>(name); }
  std::int64_t Below(std::int64_t bound) {
    return static_cast<std::int64_t>(inputs_.Random() % static_cast<std::uint64_t>(bound));
  }

  // Distinct pages of the pool for those that the window of a step lies in; all others are missing.
  void MapState(const Pages& pages) {
    std::ranges::fill(pages.table, -1);
    std::vector<std::size_t> live;
    for (std::int64_t b = 0; b < B_; ++b) {
      const std::int64_t first = first_[At(b)];
      const std::int64_t from = std::max<std::int64_t>(first - kPooled + 1, 0) / kStatePage;
      for (std::int64_t page = from; page <= (first + S_ - 1) / kStatePage; ++page) {
        live.push_back(At(b * pages.width + page));
      }
    }
    std::vector<std::int32_t> physical(live.size());
    golden::FillPageTable(inputs_, physical, inputs_.Dim("STATE_BLOCKS"));
    for (std::size_t i = 0; i < live.size(); ++i) pages.table[live[i]] = physical[i];
  }

  void FillBatch(std::int64_t b) {
    const std::int64_t first = first_[At(b)];
    Table("kv_seq_lens")[At(b)] = static_cast<std::int32_t>(first + S_);
    for (std::int64_t s = 0; s < S_; ++s) FillToken(b, s, first + s);
    if (b % 4 != 2 || inputs_.Dim("SCORE_LEN") >= kLongScores) return;
    // Columns that are gone; not those that this step writes.
    for (const Pages* pages : {&compressed_, &keys_}) {
      if (first / kRatio >= pages->page) pages->table[At(b * pages->width)] = -1;
    }
  }

  void FillToken(std::int64_t b, std::int64_t s, std::int64_t position) {
    const std::size_t t = At(b * S_ + s);
    const bool dropped = b % 8 == 5 && s + 1 == S_;  // a speculative token: nothing is stored
    const bool ends = (position + 1) % kRatio == 0 && b % 8 != 6 && !dropped;
    const auto set = [&](const char* name, bool stored, std::int64_t row) {
      inputs_.Get<std::int64_t>(name)[t] = stored ? row : -1;
    };
    Table("position_ids")[t] = static_cast<std::int32_t>(position);
    set("ori_slot_mapping", !dropped, rings_.Row(b, position % kWindow));
    set("state_slot_mapping", !dropped, state_.Row(b, position));
    set("inner_state_slot_mapping", !dropped, inner_.Row(b, position));
    set("cmp_slot_mapping", ends, compressed_.Row(b, position / kRatio));
    set("idx_slot_mapping", ends, keys_.Row(b, position / kRatio));
  }

  CaseInputs& inputs_;
  const std::int64_t B_, S_;
  const Pages rings_, compressed_, keys_, state_, inner_;
  std::vector<std::int64_t> first_;
};

}  // namespace

void FillStep(CaseInputs& inputs) {
  FillWeights(inputs);
  FillMatrix(inputs);
  FillRopeTables(inputs);
  Step step(inputs);
  std::vector<std::int64_t> first;
  for (std::int64_t b = 0; b < inputs.Dim("B"); ++b) first.push_back(step.PickPosition(b));
  step.Fill(first);
}

void PlaceBatches(CaseInputs& inputs, const std::vector<std::int64_t>& first) {
  Step(inputs).Fill(first);
}

}  // namespace kernels::csa_half_layer
