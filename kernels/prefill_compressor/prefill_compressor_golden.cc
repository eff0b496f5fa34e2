#include "kernels/prefill_compressor/prefill_compressor_golden.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "kernels/golden/linear.h"
#include "kernels/golden/rounding.h"

namespace kernels {
namespace {

std::size_t Size(long n) { return static_cast<std::size_t>(n); }

constexpr std::size_t kDim = kCompressedDim;

// Rows of kv and score, wherever they lie.
struct Rows {
  float* kv;
  float* score;
  std::size_t stride;
  float* Kv(std::size_t row) const { return kv + row * stride; }
  float* Score(std::size_t row) const { return score + row * stride; }
};

template <typename Ratio>
Rows StateRows(const PrefillCompressorArgs& a) {
  constexpr std::size_t kOut = Ratio::kOut;
  if (a.compress_state == nullptr) return {a.kv_state, a.score_state, kOut};
  return {a.compress_state, a.compress_state + kOut, 2 * kOut};
}

// One window: slot s of column c at s·512 + c.
struct Window {
  std::vector<float> kv;
  std::vector<float> score;
};

class Chunk {
 public:
  explicit Chunk(const PrefillCompressorArgs& args)
      : a(args), active(Size(std::min(args.num_tokens, args.T))) {}

  // x·Wᵀ; then ape in FP32.
  template <typename Ratio>
  void Project() {
    constexpr std::size_t kOut = Ratio::kOut;
    const std::size_t D = Size(a.D);
    const std::vector<float> x = golden::Widen({a.x, active * D});
    constexpr auto kLayout = golden::Layout::kOutputFirst;
    kv = golden::MatMul(x, std::span(a.wkv, kOut * D), D, kLayout);
    score = golden::MatMul(x, std::span(a.wgate, kOut * D), D, kLayout);
    for (std::size_t t = 0; t < active; ++t) {
      const std::size_t phase = Size(a.position_ids[t] % Ratio::kRatio);
      for (std::size_t c = 0; c < kOut; ++c) score[t * kOut + c] += a.ape[phase * kOut + c];
    }
  }

  std::optional<std::size_t> TokenAt(long position) const {
    for (std::size_t t = active; t-- > 0;) {
      if (a.position_ids[t] == position) return t;
    }
    return std::nullopt;
  }

  // P11: no row where the page is not mapped.
  template <typename Ratio>
  std::optional<std::size_t> StateRow(long position) const {
    const long page = a.compress_state_block_table[position / Ratio::kPage];
    if (page < 0) return std::nullopt;
    return Size(page * Ratio::kPage + position % Ratio::kPage);
  }

  // The slots of the window that ends at position w.
  template <typename Ratio>
  Window Gather(long w) {
    const float missing = Ratio::kMissingCounts ? 0.0f : -INFINITY;
    Window window{std::vector<float>(Ratio::kSlots * kDim, 0.0f),
                  std::vector<float>(Ratio::kSlots * kDim, missing)};
    const Rows fresh{kv.data(), score.data(), Ratio::kOut};
    const Rows old = StateRows<Ratio>(a);
    for (int s = 0; s < Ratio::kSlots; ++s) {
      const long position = w - (Ratio::kSlots - 1) + s;
      if (position < 0) continue;
      const std::optional<std::size_t> token = TokenAt(position);
      const std::optional<std::size_t> row = token ? token : StateRow<Ratio>(position);
      if (!row) continue;
      const Rows& rows = token ? fresh : old;
      const std::size_t to = Size(s) * kDim;
      std::copy_n(rows.Kv(*row) + Ratio::Column(s), kDim, window.kv.begin() + to);
      std::copy_n(rows.Score(*row) + Ratio::Column(s), kDim, window.score.begin() + to);
    }
    return window;
  }

  template <typename Ratio>
  void UpdateState() const {
    const Rows state = StateRows<Ratio>(a);
    for (std::size_t t = 0; t < active; ++t) {
      if (a.state_slot_mapping[t] < 0) continue;
      const std::size_t row = Size(a.state_slot_mapping[t]);
      std::copy_n(&kv[t * Ratio::kOut], Ratio::kOut, state.Kv(row));
      std::copy_n(&score[t * Ratio::kOut], Ratio::kOut, state.Score(row));
    }
  }

  const PrefillCompressorArgs& a;
  const std::size_t active;
  std::vector<float> kv, score;  // [active, OUT]
};

// P9 in two passes, all in FP32; the window's own token is never missing, so the maximum is finite.
float PoolColumn(const Window& window, std::size_t slots, std::size_t c) {
  float largest = -INFINITY;
  for (std::size_t s = 0; s < slots; ++s) largest = std::max(largest, window.score[s * kDim + c]);
  float sum = 0;
  for (std::size_t s = 0; s < slots; ++s) sum += std::exp(window.score[s * kDim + c] - largest);
  float pooled = 0;
  for (std::size_t s = 0; s < slots; ++s) {
    const float weight = std::exp(window.score[s * kDim + c] - largest) / sum;
    pooled += window.kv[s * kDim + c] * weight;
  }
  return pooled;
}

// γ·(row·1/rms) in FP32, then P6 on the last 64 columns by the tables' row of `position`.
void Finish(const PrefillCompressorArgs& a, long position, std::vector<float>& row) {
  const float inverse = golden::InverseRms(row);
  for (std::size_t c = 0; c < kDim; ++c) {
    row[c] = golden::ToFloat(a.norm_w[c]) * (row[c] * inverse);
  }
  constexpr std::size_t kHalf = kCompressedRopeDim / 2;
  const std::size_t entry = Size(position) * kCompressedRopeDim;
  const std::vector<float> cos = golden::Widen({a.freqs_cos + entry, kHalf});
  const std::vector<float> sin = golden::Widen({a.freqs_sin + entry, kHalf});
  golden::Rotate(std::span(row).last<kCompressedRopeDim>(), cos.data(), sin.data());
}

}  // namespace

template <typename Ratio>
void PrefillCompressorGolden(const PrefillCompressorArgs& a) {
  Chunk chunk(a);
  chunk.Project<Ratio>();
  std::vector<float> row(kDim);
  for (std::size_t t = 0; t < chunk.active; ++t) {
    if (a.cmp_slot_mapping[t] < 0) continue;
    const long w = a.position_ids[t];
    const Window window = chunk.Gather<Ratio>(w);
    for (std::size_t c = 0; c < kDim; ++c) row[c] = PoolColumn(window, Ratio::kSlots, c);
    Finish(a, w - (Ratio::kRatio - 1), row);
    bf16* to = a.cmp_kv + Size(a.cmp_slot_mapping[t]) * kDim;
    for (std::size_t c = 0; c < kDim; ++c) to[c] = golden::Bf16Rne(row[c]);
  }
  chunk.UpdateState<Ratio>();
}

template void PrefillCompressorGolden<PrefillRatio4>(const PrefillCompressorArgs&);
template void PrefillCompressorGolden<PrefillRatio128>(const PrefillCompressorArgs&);

}  // namespace kernels
