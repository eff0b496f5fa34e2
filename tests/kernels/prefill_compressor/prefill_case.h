// One chunk for the packed prefill compressors, every operand ending where memory ends.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/golden/rope_table.h"
#include "kernels/golden/rounding.h"
#include "kernels/prefill_compressor/prefill_compressor_args.h"
#include "tests/kernels/guarded.h"

namespace kernels {

inline std::size_t Count(long n) { return static_cast<std::size_t>(n); }

struct PrefillSize {
  int T, D, start, active;
  int pages;  // of the state's pool, which rolls: page p of the sequence is page p % pages
};

/// What a chunk leaves behind, widened.
struct PrefillOutputs {
  std::vector<float> kv_state, score_state, cmp_kv;
  bool operator==(const PrefillOutputs&) const = default;
};

template <typename Ratio>
class PrefillCase {
 public:
  static constexpr int kCmpPages = 3, kCmpPage = 24;

  explicit PrefillCase(const PrefillSize& size, bool one_pool = false)
      : end_(size.start + size.T),
        x(Count(size.T) * Count(size.D)),
        wkv(Count(Ratio::kOut) * Count(size.D)),
        wgate(wkv.size()),
        ape(Count(Ratio::kRatio * Ratio::kOut)),
        norm_w(Ratio::kHead),
        freqs_cos(Count(end_) * kCompressedRopeDim),
        freqs_sin(freqs_cos.size()),
        kv_state(one_pool ? 0 : Count(long{size.pages} * Ratio::kPage * Ratio::kOut)),
        score_state(kv_state.size()),
        compress_state(one_pool ? Count(2L * size.pages * Ratio::kPage * Ratio::kOut) : 0),
        table(Count((end_ + Ratio::kPage - 1) / Ratio::kPage)),
        cmp_kv(Count(kCmpPages * kCmpPage * Ratio::kHead)),
        position_ids(Count(size.T)),
        cmp_slot_mapping(Count(size.T)),
        state_slot_mapping(Count(size.T)),
        kv(Count(long{size.T} * Ratio::kOut)),
        score(kv.size()),
        pooled(Count(long{size.T} * Ratio::kHead)),
        windows(Count(size.T)) {
    FillNumbers(size);
    FillPages(size);
    args = {x.data(),
            wkv.data(),
            wgate.data(),
            ape.data(),
            norm_w.data(),
            freqs_cos.data(),
            freqs_sin.data(),
            one_pool ? nullptr : kv_state.data(),
            one_pool ? nullptr : score_state.data(),
            one_pool ? compress_state.data() : nullptr,
            table.data(),
            cmp_kv.data(),
            position_ids.data(),
            cmp_slot_mapping.data(),
            state_slot_mapping.data(),
            kv.data(),
            score.data(),
            pooled.data(),
            windows.data(),
            nullptr,  // what the indexer's compressor has besides
            nullptr,
            nullptr,
            nullptr,
            nullptr,
            nullptr,
            nullptr,
            size.T,
            size.D,
            size.active,
            end_,
            static_cast<int>(table.size()),
            size.pages,
            kCmpPages,
            kCmpPage};
  }

  /// Runs from the same states every time; scratch is poisoned.
  PrefillOutputs Outputs(void (*kernel)(const PrefillCompressorArgs&)) {
    Restore();
    for (Guarded<float>* scratch : {&kv, &score, &pooled}) scratch->Poison();
    windows.Poison();
    kernel(args);
    PrefillOutputs out;
    const std::size_t rows = StateRows();
    for (std::size_t row = 0; row < rows; ++row) {
      out.kv_state.insert(out.kv_state.end(), StateKv(row), StateKv(row) + Ratio::kOut);
      out.score_state.insert(out.score_state.end(), StateScore(row), StateScore(row) + Ratio::kOut);
    }
    for (bf16 value : cmp_kv.all()) out.cmp_kv.push_back(golden::ToFloat(value));
    return out;
  }

  std::size_t StateRows() { return (kv_state.size() + compress_state.size() / 2) / Ratio::kOut; }
  float* StateKv(std::size_t row) {
    return compress_state.size() > 0 ? &compress_state[row * 2 * Ratio::kOut]
                                     : &kv_state[row * Ratio::kOut];
  }
  float* StateScore(std::size_t row) {
    return compress_state.size() > 0 ? StateKv(row) + Ratio::kOut : &score_state[row * Ratio::kOut];
  }

  /// Every weight, bias and state becomes 0, norm_w 1, no rotation: for cases by hand.
  void Clear() {
    for (Guarded<bf16>* zeros : {&x, &wkv, &wgate, &freqs_sin, &cmp_kv}) {
      std::fill(zeros->begin(), zeros->end(), bf16{});
    }
    for (Guarded<float>* zeros : {&ape, &kv_state, &score_state, &compress_state}) {
      std::fill(zeros->begin(), zeros->end(), 0.0f);
    }
    for (Guarded<bf16>* ones : {&norm_w, &freqs_cos}) {
      std::fill(ones->begin(), ones->end(), golden::Bf16Rne(1));
    }
    Keep();
  }

  /// What the states hold now is what every run begins with.
  void Keep() {
    kept_kv_.assign(kv_state.begin(), kv_state.end());
    kept_score_.assign(score_state.begin(), score_state.end());
    kept_compress_.assign(compress_state.begin(), compress_state.end());
    kept_cmp_.assign(cmp_kv.begin(), cmp_kv.end());
  }

 private:
  void FillNumbers(const PrefillSize& size) {
    std::mt19937_64 random(17);
    const auto narrow = [&](Guarded<bf16>& values, float scale, float offset) {
      for (bf16& v : values.all()) v = golden::Bf16Rne(offset + scale * SmallValue(random));
    };
    const float unit = 1 / std::sqrt(static_cast<float>(size.D));
    narrow(x, 2, 0);
    narrow(wkv, unit, 0);
    narrow(wgate, 2 * unit, 0);
    narrow(norm_w, 0.5f, 1);
    narrow(cmp_kv, 1, 0);
    for (Guarded<float>* floats : {&ape, &kv_state, &score_state, &compress_state}) {
      for (float& v : floats->all()) v = SmallValue(random);
    }
    for (std::size_t i = 0; i < freqs_cos.size(); ++i) {
      const golden::RopeEntry entry = golden::RopeTableEntry(
          static_cast<int>(i / kCompressedRopeDim), static_cast<int>(i % golden::kRopeHalf));
      freqs_cos[i] = golden::Bf16Rne(entry.cos);
      freqs_sin[i] = golden::Bf16Rne(entry.sin);
    }
    Keep();
  }

  void FillPages(const PrefillSize& size) {
    std::iota(position_ids.begin(), position_ids.end(), size.start);
    const int last = (size.start + size.active - 1) / Ratio::kPage;
    for (std::size_t p = 0; p < table.size(); ++p) {
      table[p] = size.pages - 1 - static_cast<int>(p) % size.pages;
    }
    for (int t = 0; t < size.T; ++t) {
      const int position = size.start + t, page = position / Ratio::kPage;
      const bool live = t < size.active;
      const bool kept = live && last - page < size.pages;
      state_slot_mapping[Count(t)] =
          kept ? table[Count(page)] * Ratio::kPage + position % Ratio::kPage : -1;
      const bool ends = live && (position + 1) % Ratio::kRatio == 0;
      const int column = position / Ratio::kRatio % (kCmpPages * kCmpPage);
      cmp_slot_mapping[Count(t)] =
          ends ? (kCmpPages - 1 - column / kCmpPage) * kCmpPage + column % kCmpPage : -1;
    }
  }

  void Restore() {
    std::copy(kept_kv_.begin(), kept_kv_.end(), kv_state.begin());
    std::copy(kept_score_.begin(), kept_score_.end(), score_state.begin());
    std::copy(kept_compress_.begin(), kept_compress_.end(), compress_state.begin());
    std::copy(kept_cmp_.begin(), kept_cmp_.end(), cmp_kv.begin());
  }

  int end_;
  std::vector<float> kept_kv_, kept_score_, kept_compress_;
  std::vector<bf16> kept_cmp_;

 public:
  Guarded<bf16> x, wkv, wgate;
  Guarded<float> ape;
  Guarded<bf16> norm_w, freqs_cos, freqs_sin;
  Guarded<float> kv_state, score_state, compress_state;
  Guarded<int> table;
  Guarded<bf16> cmp_kv;
  Guarded<int> position_ids;
  Guarded<long> cmp_slot_mapping, state_slot_mapping;
  Guarded<float> kv, score, pooled;
  Guarded<int> windows;
  PrefillCompressorArgs args;
};

/// kernels.md §6: states (1e-3, 1e-3), rows (1e-4, 1/128), no outliers.
inline void ExpectClose(const PrefillOutputs& actual, const PrefillOutputs& expected) {
  const auto near = [](const std::vector<float>& a, const std::vector<float>& e, float atol,
                       float rtol, const char* name) {
    ASSERT_EQ(a.size(), e.size());
    for (std::size_t i = 0; i < e.size(); ++i) {
      ASSERT_LE(std::fabs(a[i] - e[i]), atol + rtol * std::fabs(e[i])) << name << '[' << i << ']';
    }
  };
  near(actual.kv_state, expected.kv_state, 1e-3f, 1e-3f, "kv_state");
  near(actual.score_state, expected.score_state, 1e-3f, 1e-3f, "score_state");
  near(actual.cmp_kv, expected.cmp_kv, 1e-4f, 1.0f / 128, "cmp_kv");
}

}  // namespace kernels
