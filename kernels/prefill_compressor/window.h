// The rows of a compressor's window, wherever they lie (kernels.md §6).
#pragma once

#include "kernels/prefill_compressor/prefill_compressor_args.h"
#include "kernels/simd/vec.h"

namespace kernels::prefill_compressor {
inline namespace KERNELS_SIMD_ISA {

// Tokens that count.
inline long ActiveTokens(const PrefillCompressorArgs& a) {
  return a.num_tokens < a.T ? a.num_tokens : a.T;
}

// A row's kv; its score lies at the same place of the other pool.
struct State {
  float* kv;
  float* score;
  long stride;  // from row to row
};

template <typename Ratio>
State StateOf(const PrefillCompressorArgs& a) {
  if (a.compress_state == nullptr) return {a.kv_state, a.score_state, Ratio::kOut};
  return {a.compress_state, a.compress_state + Ratio::kOut, 2 * Ratio::kOut};
}

// The tokens that end a window whose row is wanted, in order, into a.windows. Returns their number.
inline long ListWindows(const PrefillCompressorArgs& a) {
  long count = 0;
  for (long t = 0; t < ActiveTokens(a); ++t) {
    if (a.cmp_slot_mapping[t] >= 0) a.windows[count++] = static_cast<int>(t);
  }
  return count;
}

inline constexpr float kNoHistory[512] = {};  // the widest row

// The slots of a window that count, in the order of their positions: HEAD columns each.
template <typename Ratio>
struct Window {
  int count = 0;
  const float* kv[Ratio::kSlots];
  const float* score[Ratio::kSlots];

  const float* Kv(long s) const { return kv[s]; }
  const float* Score(long s) const { return score[s]; }
  void Put(int slot, const float* kv_row, const float* score_row) {
    kv[slot] = kv_row + Ratio::Column(slot);
    score[slot] = score_row + Ratio::Column(slot);
  }
};

// History from the state, null where there is none.
template <typename Ratio>
void FromState(const PrefillCompressorArgs& a, long first, Window<Ratio>* window) {
  const State state = StateOf<Ratio>(a);
  for (int s = 0; s < Ratio::kSlots; ++s) {
    const long position = first + s;
    const bool in_table = position >= 0 && position / Ratio::kPage < a.MAX_BLOCKS;
    const long page = in_table ? a.compress_state_block_table[position / Ratio::kPage] : -1;
    window->kv[s] = nullptr;
    if (page < 0) continue;
    const long row = page * Ratio::kPage + position % Ratio::kPage;
    window->Put(s, state.kv + row * state.stride, state.score + row * state.stride);
  }
}

// What this chunk itself has goes before history.
template <typename Ratio>
void FromChunk(const PrefillCompressorArgs& a, long first, Window<Ratio>* window) {
  for (long t = 0; t < ActiveTokens(a); ++t) {
    const long slot = a.position_ids[t] - first;
    if (slot < 0 || slot >= Ratio::kSlots) continue;
    window->Put(static_cast<int>(slot), a.kv + t * Ratio::kOut, a.score + t * Ratio::kOut);
  }
}

// The window that the token ends.
template <typename Ratio>
Window<Ratio> WindowOf(const PrefillCompressorArgs& a, long token) {
  const long first = a.position_ids[token] - (Ratio::kSlots - 1);
  Window<Ratio> window;
  FromState(a, first, &window);
  FromChunk(a, first, &window);
  for (int s = 0; s < Ratio::kSlots; ++s) {
    const bool missing = window.kv[s] == nullptr;
    if (missing && !Ratio::kMissingCounts) continue;  // its weight is e^−inf = 0
    window.kv[window.count] = missing ? kNoHistory : window.kv[s];
    window.score[window.count++] = missing ? kNoHistory : window.score[s];
  }
  return window;
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace kernels::prefill_compressor
