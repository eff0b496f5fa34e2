// prefill_compressor_ratio128: the ratio-128 compressor over a packed prompt chunk (kernels.md §6.3;
// contracts V2 and V3, which differ in the state's layout alone). See prefill_compressor_args.h for
// the operands and for what a missing row counts.
//
//   projections[512/OUT_TILE] → pool[windows · 512/HEAD_TILE] → norm, RoPE, cache
//     [windows/HCA_C128_RMS_TILE] → state[num_tokens/HCA_KV_STORE_TILE]
//
// Each arrow is a barrier, as in ratio 4. A chunk of 128 tokens ends one window; any number is
// right (the original's bound MAX_CMP_WRITES = max(1, T/128) is of class L).
#pragma once

#include "kernels/prefill_compressor/finish_row.h"
#include "kernels/prefill_compressor/prefill_compressor_args.h"
#include "kernels/prefill_compressor/project.h"
#include "kernels/prefill_compressor/window.h"
#include "kernels/simd/softmax_pool.h"
#include "kernels/spmd.h"

namespace kernels {

/// kTiles: OUT_TILE columns of both projections per task, K_TILE of the inner dimension per step
/// (reorders the sums); HEAD_TILE columns of a window per pooling task, their maxima and sums in
/// registers, a multiple of 16 that divides 512; HCA_C128_RMS_TILE windows per normalising task;
/// HCA_KV_STORE_TILE tokens per task of the state update. All exact but K_TILE.
template <auto kTiles>
void PrefillCompressorRatio128(const PrefillCompressorArgs& a) {
  namespace steps = prefill_compressor;
  using Ratio = PrefillRatio128;
  steps::Project<kTiles.OUT_TILE, kTiles.K_TILE, Ratio>(a);

  const long windows = steps::ListWindows(a);
  constexpr long kBlocks = Blocks(Ratio::kHead, kTiles.HEAD_TILE);
  spmd(windows * kBlocks, [&](long task) {
    const long i = task / kBlocks, c = task % kBlocks * kTiles.HEAD_TILE;
    const steps::Window<Ratio> window = steps::WindowOf<Ratio>(a, a.windows[i]);
    simd::SoftmaxPool<kTiles.HEAD_TILE>(window, window.count, c, c + kTiles.HEAD_TILE,
                                        a.pooled + i * Ratio::kHead);
  });

  steps::FinishRows<kTiles.HCA_C128_RMS_TILE, kTiles.HEAD_TILE, Ratio>(a, windows);
  steps::UpdateStates<kTiles.HCA_KV_STORE_TILE, Ratio>(a);
}

}  // namespace kernels
