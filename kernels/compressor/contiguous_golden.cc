#include <algorithm>
#include <cstddef>
#include <vector>

#include "kernels/compressor/compressor_golden.h"
#include "kernels/compressor/golden_steps.h"
#include "kernels/golden/linear.h"
#include "kernels/golden/rounding.h"

namespace kernels::compressor {
namespace {

// One batch of V0: its slots of the state, `out` columns each.
struct Slots {
  float* kv;
  float* score;
  std::size_t out;

  // kv, and score + ape.
  void Store(std::size_t slot, const float* kv_row, const float* score_row,
             const float* ape) const {
    for (std::size_t c = 0; c < out; ++c) {
      kv[slot * out + c] = kv_row[c];
      score[slot * out + c] = score_row[c] + ape[c];
    }
  }
  Slot At(std::size_t slot, std::size_t column) const {
    return {kv + slot * out + column, score + slot * out + column};
  }
};

// Rounds to bf16 after pooling, after the norm and after the rotation.
template <typename Shape>
std::vector<float> RowOf(const ContiguousArgs<Shape>& a, const Slots& slots) {
  constexpr std::size_t kHeadDim = Shape::kHeadDim;
  std::vector<Slot> window;
  for (std::size_t i = 0; i < 8; ++i) window.push_back(slots.At(i, i < 4 ? 0 : kHeadDim));
  std::vector<float> row = PoolWindow(window, kHeadDim);
  RoundToBf16(row);
  NormaliseRow(row, {a.norm_w, kHeadDim});
  RoundToBf16(row);
  RotateTail(row, a.cos, a.sin);
  RoundToBf16(row);
  return a.rotate != 0 ? TimesMatrix(row, a.hadamard) : row;
}

}  // namespace

template <typename Shape>
void ContiguousGolden(const ContiguousArgs<Shape>& a) {
  constexpr std::size_t kOut = kOutDim<Shape>, kHeadDim = Shape::kHeadDim;
  const auto B = static_cast<std::size_t>(a.B), S = static_cast<std::size_t>(a.S);
  const auto D = static_cast<std::size_t>(a.D), position = static_cast<std::size_t>(a.start_pos);
  const Projections now = Project({a.x, B * S * D}, a.wkv, a.wgate, D, kOut, false);
  std::fill(a.kv, a.kv + B * S * kHeadDim, 0.0f);
  for (std::size_t b = 0; b < B; ++b) {
    const Slots slots{a.kv_state + b * 8 * kOut, a.score_state + b * 8 * kOut, kOut};
    slots.Store(4 + position % 4, &now.kv[b * S * kOut], &now.score[b * S * kOut],
                a.ape + position % 4 * kOut);
    if (position % 4 != 3) continue;
    const std::vector<float> row = RowOf(a, slots);
    std::copy(row.begin(), row.end(), a.kv + b * S * kHeadDim);
    bf16* cache = a.cache + (b * static_cast<std::size_t>(a.CACHE_LEN) + position / 4) * kHeadDim;
    std::transform(row.begin(), row.end(), cache, golden::Bf16Rne);
    // The window under way becomes the previous one.
    for (float* state : {slots.kv, slots.score}) std::copy_n(state + 4 * kOut, 4 * kOut, state);
  }
}

template void ContiguousGolden(const ContiguousArgs<Ratio4>&);
template void ContiguousGolden(const ContiguousArgs<Indexer>&);

void Ratio128V0Golden(const Ratio128V0Args& a) {
  const auto B = static_cast<std::size_t>(a.B), S = static_cast<std::size_t>(a.S);
  const auto D = static_cast<std::size_t>(a.D), slot = static_cast<std::size_t>(a.start_pos % 128);
  const Projections now = Project({a.x, B * S * D}, a.wkv, a.wgate, D, 512, true);
  for (std::size_t b = 0; b < B; ++b) {
    const Slots slots{a.kv_state + b * 128 * 512, a.score_state + b * 128 * 512, 512};
    slots.Store(slot, &now.kv[b * S * 512], &now.score[b * S * 512], a.ape + slot * 512);
    std::fill_n(a.out + b * 512, 512, bf16{});
    if (slot != 127) continue;
    std::vector<Slot> window;
    for (std::size_t i = 0; i < 128; ++i) window.push_back(slots.At(i, 0));
    std::vector<float> row = PoolWindow(window, 512);
    NormaliseRow(row, golden::Widen({a.norm_w, 512}));
    for (std::size_t i = 0; i < 32; ++i) {  // two halves, not neighbours
      const float low = row[448 + i], high = row[480 + i];
      const float c = golden::ToFloat(a.cos[i]), s = golden::ToFloat(a.sin[i]);
      const float low_c = low * c, high_s = high * s, low_s = low * s, high_c = high * c;
      row[448 + i] = low_c - high_s;
      row[480 + i] = low_s + high_c;
    }
    std::transform(row.begin(), row.end(), a.out + b * 512, golden::Bf16Rne);
  }
}

}  // namespace kernels::compressor
