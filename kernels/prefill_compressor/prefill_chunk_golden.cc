#include "kernels/prefill_compressor/prefill_chunk_golden.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "kernels/golden/linear.h"
#include "kernels/golden/rounding.h"

namespace kernels {
namespace {

std::size_t Size(long n) { return static_cast<std::size_t>(n); }

// Rows of kv and score, wherever they lie.
template <typename Float>
struct Rows {
  Float* kv;
  Float* score;
  std::size_t stride;
  Float* Kv(std::size_t row) const { return kv + row * stride; }
  Float* Score(std::size_t row) const { return score + row * stride; }
};

template <typename Ratio>
Rows<float> StateRows(const PrefillCompressorArgs& a) {
  constexpr std::size_t kOut = Ratio::kOut;
  if (a.compress_state == nullptr) return {a.kv_state, a.score_state, kOut};
  return {a.compress_state, a.compress_state + kOut, 2 * kOut};
}

// P9 in two passes over a column, all in FP32; a window's own token is never missing, so the
// maximum is finite.
float PoolColumn(const float* kv, const float* score, std::size_t slots, std::size_t stride) {
  float largest = -INFINITY;
  for (std::size_t s = 0; s < slots; ++s) largest = std::max(largest, score[s * stride]);
  float sum = 0;
  for (std::size_t s = 0; s < slots; ++s) sum += std::exp(score[s * stride] - largest);
  float pooled = 0;
  for (std::size_t s = 0; s < slots; ++s) {
    const float weight = std::exp(score[s * stride] - largest) / sum;
    pooled += kv[s * stride] * weight;
  }
  return pooled;
}

}  // namespace

template <typename Ratio>
PrefillChunkGolden<Ratio>::PrefillChunkGolden(const PrefillCompressorArgs& args)
    : args_(args), active_(Size(std::min(args.num_tokens, args.T))) {
  Project();
}

// x·Wᵀ; then ape in FP32.
template <typename Ratio>
void PrefillChunkGolden<Ratio>::Project() {
  constexpr std::size_t kOut = Ratio::kOut;
  const std::size_t D = Size(args_.D);
  const std::vector<float> x = golden::Widen({args_.x, active_ * D});
  constexpr auto kLayout = golden::Layout::kOutputFirst;
  kv_ = golden::MatMul(x, std::span(args_.wkv, kOut * D), D, kLayout);
  score_ = golden::MatMul(x, std::span(args_.wgate, kOut * D), D, kLayout);
  for (std::size_t t = 0; t < active_; ++t) {
    const std::size_t phase = Size(args_.position_ids[t] % Ratio::kRatio);
    for (std::size_t c = 0; c < kOut; ++c) score_[t * kOut + c] += args_.ape[phase * kOut + c];
  }
}

template <typename Ratio>
std::vector<std::size_t> PrefillChunkGolden<Ratio>::Windows() const {
  std::vector<std::size_t> tokens;
  for (std::size_t t = 0; t < active_; ++t) {
    if (args_.cmp_slot_mapping[t] >= 0) tokens.push_back(t);
  }
  return tokens;
}

template <typename Ratio>
std::optional<std::size_t> PrefillChunkGolden<Ratio>::TokenAt(long position) const {
  for (std::size_t t = active_; t-- > 0;) {
    if (args_.position_ids[t] == position) return t;
  }
  return std::nullopt;
}

// P11: no row where the page is not mapped, or past the table.
template <typename Ratio>
std::optional<std::size_t> PrefillChunkGolden<Ratio>::StateRow(long position) const {
  if (position / Ratio::kPage >= args_.MAX_BLOCKS) return std::nullopt;
  const long page = args_.compress_state_block_table[position / Ratio::kPage];
  if (page < 0) return std::nullopt;
  return Size(page * Ratio::kPage + position % Ratio::kPage);
}

// The slots of the window that ends at position w: this chunk's rows go before history.
template <typename Ratio>
typename PrefillChunkGolden<Ratio>::Window PrefillChunkGolden<Ratio>::Gather(long w) const {
  constexpr std::size_t kHead = Ratio::kHead;
  const float missing = Ratio::kMissingCounts ? 0.0f : -INFINITY;
  Window window{std::vector<float>(Ratio::kSlots * kHead, 0.0f),
                std::vector<float>(Ratio::kSlots * kHead, missing)};
  const Rows<const float> fresh{kv_.data(), score_.data(), Ratio::kOut};
  const Rows<float> old = StateRows<Ratio>(args_);
  for (int s = 0; s < Ratio::kSlots; ++s) {
    const long position = w - (Ratio::kSlots - 1) + s;
    if (position < 0) continue;
    const std::optional<std::size_t> token = TokenAt(position);
    const std::optional<std::size_t> row = token ? token : StateRow(position);
    if (!row) continue;
    const float* kv = token ? fresh.Kv(*row) : old.Kv(*row);
    const float* score = token ? fresh.Score(*row) : old.Score(*row);
    std::copy_n(kv + Ratio::Column(s), kHead, &window.kv[Size(s) * kHead]);
    std::copy_n(score + Ratio::Column(s), kHead, &window.score[Size(s) * kHead]);
  }
  return window;
}

// γ·(row·1/rms) in FP32, then P6 on the last 64 columns by the tables' row of `position`.
template <typename Ratio>
void PrefillChunkGolden<Ratio>::NormaliseAndRotate(long position, std::vector<float>& row) const {
  const float inverse = golden::InverseRms(row);
  for (std::size_t c = 0; c < row.size(); ++c) {
    row[c] = golden::ToFloat(args_.norm_w[c]) * (row[c] * inverse);
  }
  constexpr std::size_t kHalf = kCompressedRopeDim / 2;
  const std::size_t entry = Size(position) * kCompressedRopeDim;
  const std::vector<float> cos = golden::Widen({args_.freqs_cos + entry, kHalf});
  const std::vector<float> sin = golden::Widen({args_.freqs_sin + entry, kHalf});
  golden::Rotate(std::span(row).template last<kCompressedRopeDim>(), cos.data(), sin.data());
}

template <typename Ratio>
std::vector<float> PrefillChunkGolden<Ratio>::Row(std::size_t token) const {
  constexpr std::size_t kHead = Ratio::kHead;
  const long w = args_.position_ids[token];
  const Window window = Gather(w);
  std::vector<float> row(kHead);
  for (std::size_t c = 0; c < kHead; ++c) {
    row[c] = PoolColumn(&window.kv[c], &window.score[c], Ratio::kSlots, kHead);
  }
  NormaliseAndRotate(w - (Ratio::kRatio - 1), row);
  return row;
}

template <typename Ratio>
void PrefillChunkGolden<Ratio>::UpdateState() const {
  constexpr std::size_t kOut = Ratio::kOut;
  const Rows<float> state = StateRows<Ratio>(args_);
  for (std::size_t t = 0; t < active_; ++t) {
    if (args_.state_slot_mapping[t] < 0) continue;
    const std::size_t row = Size(args_.state_slot_mapping[t]);
    std::copy_n(&kv_[t * kOut], kOut, state.Kv(row));
    std::copy_n(&score_[t * kOut], kOut, state.Score(row));
  }
}

template class PrefillChunkGolden<PrefillRatio4>;
template class PrefillChunkGolden<PrefillRatio128>;
template class PrefillChunkGolden<PrefillIndexerRatio4>;

}  // namespace kernels
