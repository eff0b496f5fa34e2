// Operands of a decode compressor's step, contracts V2 and V3, each ending where memory ends.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <random>
#include <type_traits>
#include <vector>

#include "kernels/compressor/args.h"
#include "kernels/golden/rounding.h"
#include "tests/kernels/guarded.h"

namespace kernels::compressor {

inline std::size_t Count(long n) { return static_cast<std::size_t>(n); }

/// What a step leaves behind, as floats; -1 (poison) bytes show as NaN.
struct StepOutputs {
  std::vector<float> kv, state, cache, scale;
};

/// One batch per position. State pages lie in reverse order of batch and page; each batch has
/// kLive, used again and again, more than a window takes. Cache slots are rows 5·b + 3 where a
/// window ends. Everything is small and random.
template <typename Shape, typename Generation>
struct SlottedCase {
  using Args = SlottedArgs<Shape, Generation>;
  static constexpr long kOut = kOutDim<Shape>, kHead = Shape::kHeadDim;
  static constexpr long kPages = 264 / Shape::kStatePage, kCachePage = 32;
  static constexpr long kLive = Shape::kRatio == 4 ? 8 : 32;

  SlottedCase(const std::vector<int>& positions, int S, int D)
      : B(static_cast<long>(positions.size())),
        blocks(B * kLive),
        cache_blocks(Blocks(5 * B + 8, kCachePage)),
        x(Count(B * S * D)),
        wkv(Count(kOut * D)),
        wgate(wkv.size()),
        norm_w(Count(kHead)),
        hadamard(Count(kHead * kHead)),
        ape(Count(Shape::kRatio * kOut)),
        cos(Count(B * 32)),
        sin(cos.size()),
        state(Count(blocks * Shape::kStatePage * 2 * kOut)),
        kv(Count(B * S * kHead)),
        kv_proj(Count(B * S * kOut)),
        score_proj(kv_proj.size()),
        pooled(Count(B * kHead)),
        scale(Count(cache_blocks * kCachePage)),
        cache(Count(cache_blocks * kCachePage * kHead)),
        table(Count(B * kPages)),
        position_ids(Count(B * S)),
        cache_slots(Count(B * S)),
        state_slots(Count(B * S)) {
    std::mt19937_64 random(5);
    for (Guarded<bf16>* all : {&x, &wkv, &wgate, &norm_w, &hadamard}) {
      for (bf16& value : all->all()) value = golden::Bf16Rne(SmallValue(random));
    }
    for (Guarded<float>* all : {&ape, &cos, &sin, &state, &scale}) {
      for (float& value : all->all()) value = SmallValue(random);
    }
    for (auto& value : cache.all()) std::memset(&value, 3, sizeof(value));
    for (long b = 0; b < B; ++b) {
      for (long page = 0; page < kPages; ++page) {
        table[Count(b * kPages + page)] = static_cast<int>(blocks - 1 - (b * kLive + page % kLive));
      }
      for (int s = 0; s < S; ++s) PlaceToken(b, s, S, positions[Count(b)] + s);
    }
    Bind(S, D);
  }

  void PlaceToken(long b, int s, int S, int position) {
    const std::size_t token = Count(b * S + s);
    position_ids[token] = position;
    state_slots[token] = Row(b, position);
    cache_slots[token] = (position + 1) % Shape::kRatio == 0 ? 5 * b + 3 : -1;
  }

  /// Row of the state's pool that holds a position.
  long Row(long b, int position) const {
    const int page = args_table(b, position / Shape::kStatePage);
    return long{page} * Shape::kStatePage + position % Shape::kStatePage;
  }
  float* StateKv(long b, int position) { return state.data() + Row(b, position) * 2 * kOut; }
  float* StateScore(long b, int position) { return StateKv(b, position) + kOut; }

  /// Runs a kernel on a copy of the states.
  template <typename Kernel>
  StepOutputs Run(const Kernel& kernel) {
    Guarded<float> state_copy(state.size()), scale_copy(scale.size());
    Guarded<typename Args::Cache> cache_copy(cache.size());
    std::copy(state.begin(), state.end(), state_copy.begin());
    std::copy(scale.begin(), scale.end(), scale_copy.begin());
    std::copy(cache.begin(), cache.end(), cache_copy.begin());
    for (Guarded<float>* all : {&kv, &kv_proj, &score_proj, &pooled}) all->Poison();
    Args on_copies = args;
    on_copies.compress_state = state_copy.data();
    on_copies.cache_scale = scale_copy.data();
    on_copies.cache = cache_copy.data();
    kernel(on_copies);
    return {{kv.begin(), kv.end()},
            {state_copy.begin(), state_copy.end()},
            Widened(cache_copy.all()),
            {scale_copy.begin(), scale_copy.end()}};
  }

  /// The outputs of a kernel that does nothing.
  StepOutputs Untouched() {
    return Run([](const Args&) {});
  }

  template <typename Element>
  static std::vector<float> Widened(std::span<Element> elements) {
    std::vector<float> wide;
    for (const Element& value : elements) {
      if constexpr (std::is_same_v<Element, bf16>) {
        wide.push_back(golden::ToFloat(value));
      } else {
        wide.push_back(static_cast<float>(value));
      }
    }
    return wide;
  }

  long B, blocks, cache_blocks;
  Guarded<bf16> x, wkv, wgate, norm_w, hadamard;
  Guarded<float> ape, cos, sin, state, kv, kv_proj, score_proj, pooled, scale;
  Guarded<typename Args::Cache> cache;
  Guarded<int> table, position_ids;
  Guarded<long> cache_slots, state_slots;
  Args args{};

 private:
  int args_table(long b, long page) const {
    return const_cast<Guarded<int>&>(table)[Count(b * kPages + page)];
  }

  void Bind(int S, int D) {
    args.x = x.data();
    args.wkv = wkv.data();
    args.wgate = wgate.data();
    args.ape = ape.data();
    args.norm_w = norm_w.data();
    args.cos = cos.data();
    args.sin = sin.data();
    args.hadamard = hadamard.data();
    args.compress_state_block_table = table.data();
    args.position_ids = position_ids.data();
    args.cache_slot_mapping = cache_slots.data();
    args.state_slot_mapping = state_slots.data();
    args.kv = kv.data();
    args.kv_proj = kv_proj.data();
    args.score_proj = score_proj.data();
    args.pooled = pooled.data();
    args.B = static_cast<int>(B);
    args.S = S;
    args.D = D;
    args.STATE_BLOCKS = static_cast<int>(blocks);
    args.STATE_PAGES = kPages;
    args.CACHE_BLOCKS = static_cast<int>(cache_blocks);
    args.CACHE_PAGE = kCachePage;
  }
};

}  // namespace kernels::compressor
