// Where the decode indexers find the compressed keys of a batch (kernels.md §0.6, P11).
#pragma once

#include "kernels/simd/vec.h"

namespace kernels::indexer {

inline constexpr int kHeads = 64;
inline constexpr int kHeadDim = 128;
inline constexpr int kQueryDim = kHeads * kHeadDim;  // of one token
inline constexpr int kRatio = 4;                     // tokens per key

/// What a score holds where there is no key: −FLT_MAX.
inline constexpr float kNegInf = -3.4028234663852886e38f;

/// The keys of one batch: row j of its cache.
struct Keys {
  const int* table;  // [pages] physical pages, −1 for none; null: rows lie from `first` on
  long page;         // rows of a page
  long first;        // where there is no table

  /// The row of the pool, or −1 where no page is mapped.
  long Row(long j) const {
    if (table == nullptr) return first + j;
    const long entry = table[j / page];
    return entry < 0 ? -1 : entry * page + j % page;
  }
};

/// Scores of no key.
inline void FillNegInf(float* score, long begin, long end) {
  for (long j = begin; j < end; ++j) score[j] = kNegInf;
}

}  // namespace kernels::indexer
