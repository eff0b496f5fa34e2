// The step of a SlottedCase under contract V1: the same numbers, transposed weights, γ in FP32, and
// tables where the slots were.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "kernels/compressor/args.h"
#include "kernels/golden/rounding.h"
#include "tests/kernels/compressor/slotted_case.h"

namespace kernels::compressor {

template <typename Shape>
class TabledStep {
 public:
  using Slotted = SlottedCase<Shape, V2>;
  using Args = TabledArgs<Shape>;

  /// Cache rows as in the slotted case: 5·b + 3, on pages of one row.
  explicit TabledStep(Slotted& slotted)
      : slotted_(slotted),
        wkv_(slotted.wkv.size()),
        wgate_(slotted.wgate.size()),
        gamma_(slotted.norm_w.size()),
        cache_table_(Count(slotted.B * kColumns)),
        start_pos_(Count(slotted.B)) {
    Transpose(slotted.wkv, &wkv_);
    Transpose(slotted.wgate, &wgate_);
    std::transform(slotted.norm_w.begin(), slotted.norm_w.end(), gamma_.begin(), golden::ToFloat);
    std::fill(cache_table_.begin(), cache_table_.end(), -1);
    for (long b = 0; b < slotted.B; ++b) {
      start_pos_[Count(b)] = slotted.position_ids[Count(b * slotted.args.S)];
      const long column = start_pos_[Count(b)] / Shape::kRatio;
      cache_table_[Count(b * kColumns + column)] = static_cast<int>(5 * b + 3);
    }
  }

  /// Batch b's cache page is not mapped.
  void UnmapCache(long b) { std::fill_n(cache_table_.begin() + b * kColumns, kColumns, -1); }

  StepOutputs Run(void (*kernel)(const Args&)) {
    return slotted_.Run([&](const typename Slotted::Args& s) { kernel(ArgsOf(s)); });
  }

 private:
  static constexpr long kColumns = 264 / Shape::kRatio;

  void Transpose(Guarded<bf16>& from, Guarded<bf16>* to) {
    const long D = slotted_.args.D, out = kOutDim<Shape>;
    for (long n = 0; n < out; ++n) {
      for (long k = 0; k < D; ++k) (*to)[Count(k * out + n)] = from[Count(n * D + k)];
    }
  }

  Args ArgsOf(const typename Slotted::Args& s) {
    Args a{};
    a.x = s.x;
    a.wkv = wkv_.data();
    a.wgate = wgate_.data();
    a.ape = s.ape;
    a.norm_w = gamma_.data();
    a.cos = s.cos;
    a.sin = s.sin;
    a.hadamard = s.hadamard;
    a.compress_state = s.compress_state;
    a.compress_state_block_table = s.compress_state_block_table;
    a.cache = s.cache;
    a.cache_block_table = cache_table_.data();
    a.start_pos = start_pos_.data();
    a.kv = s.kv;
    a.kv_proj = s.kv_proj;
    a.score_proj = s.score_proj;
    a.pooled = s.pooled;
    a.B = s.B;
    a.S = s.S;
    a.D = s.D;
    a.STATE_BLOCKS = s.STATE_BLOCKS;
    a.STATE_PAGES = s.STATE_PAGES;
    a.CACHE_BLOCKS = s.CACHE_BLOCKS * s.CACHE_PAGE;
    a.CACHE_PAGE = 1;
    a.CACHE_PAGES = kColumns;
    return a;
  }

  Slotted& slotted_;
  Guarded<bf16> wkv_, wgate_;
  Guarded<float> gamma_;
  Guarded<int> cache_table_, start_pos_;
};

}  // namespace kernels::compressor
