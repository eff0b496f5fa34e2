// topk: the indices of a row's K largest scores, descending, the lower index first among equals
// (kernels.md §0.5 P10 and §13.9).
//
// The originals sort the whole row, padded to 32·4^k elements, by merging (value, index) lanes.
// Here the K-th largest score is found first, SELECT_BITS bits of it at a time: a histogram of the
// scores' next bits tells in which bucket it lies, and only that bucket is looked at again. One
// more pass collects what is not below it, in the order of the indices, and a stable radix sort of
// K elements, SORT_BITS at a time, does the rest. Nothing is padded: SORT_LEN, TOPK_HALF_LEN and
// TOPK_PAIR_WIDTH (class L) have no counterpart.
//
// All tiles are exact: the order is total, so there is one right answer.
#pragma once

#include "kernels/simd/vec.h"
#include "kernels/spmd.h"

namespace kernels {

struct TopKArgs {
  const float* score;  // [ROWS, L]; no NaN, −0 equals 0
  const int* valid;    // [ROWS] scores of the row that count, 0 … L
  int* idx;            // [ROWS, K] out; −1 from the valid-th on
  int* lists;          // scratch [ROWS, topk::ListSize(L)]
  int ROWS;
  int L;
  int K;
};

namespace topk {

/// Ints of scratch that one row of L scores needs.
constexpr long ListSize(long L) { return 4 * L; }

inline namespace KERNELS_SIMD_ISA {

/// A score as an integer of the same order.
inline unsigned Key(float score) {
  const unsigned bits = __builtin_bit_cast(unsigned, score + 0.0f);  // −0 becomes 0
  return bits ^ (bits >> 31 != 0 ? 0xffffffffu : 0x80000000u);
}

/// The `rank` largest keys (1 … n) are those above `key` and the first `ties` equal to it.
struct Threshold {
  unsigned key;
  long ties;
};

// Keys, all alike above bit `high`, of which the rank largest are wanted: narrows them to those
// alike above bit `low`, at the front of `keys`.
struct Candidates {
  unsigned* keys;
  long n;
  long rank;
};

template <int kBits>
inline void Narrow(Candidates* c, int low) {
  constexpr unsigned kMask = (1u << kBits) - 1;
  unsigned counts[kMask + 1] = {};
  for (long i = 0; i < c->n; ++i) ++counts[c->keys[i] >> low & kMask];
  unsigned bucket = kMask;
  for (; counts[bucket] < c->rank; --bucket) c->rank -= counts[bucket];
  long kept = 0;
  for (long i = 0; i < c->n; ++i) {
    const unsigned key = c->keys[i];
    c->keys[kept] = key;  // overwritten by the next one unless counted
    kept += (key >> low & kMask) == bucket;
  }
  c->n = kept;
}

template <int kBits>
inline Threshold Select(const float* scores, long n, long rank, unsigned* keys) {
  for (long i = 0; i < n; ++i) keys[i] = Key(scores[i]);
  Candidates c{keys, n, rank};
  int low = 32;
  while (low > 0 && c.n > 1) {
    const int bits = low < kBits ? low : kBits;
    low -= bits;
    // The last step may be shorter; it then looks at bits that are alike.
    Narrow<kBits>(&c, low);
  }
  return {c.keys[0], c.rank};
}

// Indices and keys of the selected scores, ascending by index.
struct List {
  unsigned* keys;
  int* indices;
};

// Branch-free but for the end: every element is written, and overwritten by the next unless it was
// selected.
inline void Collect(const float* scores, long n, Threshold threshold, long selected, List to) {
  long found = 0;
  for (long i = 0; i < n && found < selected; ++i) {
    const unsigned key = Key(scores[i]);
    const bool tie = key == threshold.key && threshold.ties > 0;
    threshold.ties -= tie;
    to.keys[found] = ~key;  // ascending is descending
    to.indices[found] = static_cast<int>(i);
    found += tie | (key > threshold.key);
  }
}

// One pass of the radix sort: ascending by the bits above `low`. False, with nothing moved, where
// all are alike.
template <int kBits>
inline bool Scatter(List from, long n, int low, List to) {
  constexpr unsigned kMask = (1u << kBits) - 1;
  unsigned counts[kMask + 1] = {};
  for (long i = 0; i < n; ++i) ++counts[from.keys[i] >> low & kMask];
  if (counts[from.keys[0] >> low & kMask] == static_cast<unsigned long>(n)) return false;
  unsigned place = 0;
  for (unsigned& count : counts) {
    const unsigned size = count;
    count = place;
    place += size;
  }
  for (long i = 0; i < n; ++i) {
    const unsigned at = counts[from.keys[i] >> low & kMask]++;
    to.keys[at] = from.keys[i];
    to.indices[at] = from.indices[i];
  }
  return true;
}

/// The best min(k, n) of n scores as offset + index, then −1 up to `length`. `lists` is scratch of
/// ListSize(n) ints.
template <int kSelectBits, int kSortBits>
void Row(const float* scores, long n, long k, int offset, int* to, long length, int* lists) {
  static_assert(kSelectBits > 0 && kSelectBits <= 16 && kSortBits > 0 && kSortBits <= 16,
                "histograms live on the stack");
  const long selected = k < n ? k : n;
  long done = 0;
  if (selected > 0) {
    Threshold threshold{0, n};  // of all: no key is 0 but that of a NaN
    if (selected < n) {
      threshold = Select<kSelectBits>(scores, n, k, reinterpret_cast<unsigned*>(lists));
    }
    List list{reinterpret_cast<unsigned*>(lists), lists + selected};
    List other{reinterpret_cast<unsigned*>(lists + 2 * selected), lists + 3 * selected};
    Collect(scores, n, threshold, selected, list);
    for (int low = 0; low < 32; low += kSortBits) {
      if (!Scatter<kSortBits>(list, selected, low, other)) continue;
      const List sorted = other;
      other = list;
      list = sorted;
    }
    for (; done < selected && done < length; ++done) to[done] = offset + list.indices[done];
  }
  for (; done < length; ++done) to[done] = -1;
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace topk

/// kTiles: ROW_TILE rows per task, SELECT_BITS of the scores per selection pass, SORT_BITS per
/// sorting pass, 1 … 16 each.
template <auto kTiles>
void TopK(const TopKArgs& a) {
  static_assert(kTiles.ROW_TILE > 0, "tiles are positive");
  spmd(Blocks(a.ROWS, kTiles.ROW_TILE), [&](long task) {
    const long end = Clip(task * kTiles.ROW_TILE, kTiles.ROW_TILE, a.ROWS);
    for (long row = task * kTiles.ROW_TILE; row < end; ++row) {
      topk::Row<kTiles.SELECT_BITS, kTiles.SORT_BITS>(a.score + row * a.L, a.valid[row], a.K, 0,
                                                      a.idx + row * a.K, a.K,
                                                      a.lists + row * topk::ListSize(a.L));
    }
  });
}

}  // namespace kernels
