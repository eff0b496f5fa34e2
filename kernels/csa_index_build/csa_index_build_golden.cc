#include "kernels/csa_index_build/csa_index_build_golden.h"

#include <algorithm>

namespace kernels {
namespace {

constexpr int kWin = 128, kBlockColumns = 128;

// Slot of window column k, before the overlay; oldest token first once the ring is full.
int WindowSlot(int position, int k) {
  if (position >= kWin - 1) return (position % kWin + 1 + k) % kWin;
  return k <= position ? k : -1;
}

// A slot that a token of this step up to s takes is that token: the cache is written after
// attention.
int Overlaid(int slot, const int* positions, int s) {
  int code = slot;
  for (int other = 0; other <= s; ++other) {
    if (slot == positions[other] % kWin) code = kWin + other;
  }
  return code;
}

}  // namespace

void CsaIndexBuildGolden(const CsaIndexBuildArgs& a) {
  const int width = kWin + a.IDX_TOPK;
  const int blocks = std::max(2, (width + kBlockColumns - 1) / kBlockColumns);
  for (int t = 0; t < a.B * a.S; ++t) {
    const int b = t / a.S, s = t % a.S, position = a.position_ids[t];
    int* row = a.cmp_sparse_indices + static_cast<long>(t) * width;
    int* mask = a.valid_block_mask + static_cast<long>(t) * blocks;
    for (int k = 0; k < kWin; ++k) {
      row[k] = Overlaid(WindowSlot(position, k), a.position_ids + b * a.S, s);
    }
    std::fill(mask, mask + blocks, 0);
    mask[0] = 1;
    const int visible = std::min((position + 1) / 4, a.kv_seq_lens[b] / 4);
    for (int k = 0; k < a.IDX_TOPK; ++k) {
      const int code = a.topk_idxs[static_cast<long>(t) * a.SCORE_LEN + k];
      const int column = code - (kWin + a.S);
      const bool seen = column >= 0 && column < visible;
      row[kWin + k] = seen ? code : -1;
      if (seen) mask[(kWin + k) / kBlockColumns] = 1;
    }
  }
}

}  // namespace kernels
