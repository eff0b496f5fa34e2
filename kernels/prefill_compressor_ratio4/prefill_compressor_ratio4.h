// prefill_compressor_ratio4: the attention's ratio-4 compressor over a packed prompt chunk
// (kernels.md §6.2; contracts V2 and V3, which differ in the state's layout alone). See
// prefill_compressor_args.h for the operands.
//
//   projections[1024/OUT_TILE] → pool[windows · 512/HEAD_CHUNK] → norm, RoPE, cache
//     [windows/PACKED_RMS_TILE] → state[num_tokens/PACKED_STATE_UPDATE_TILE]
//
// Each arrow is a barrier: a window's rows come from all projection tasks, and the pool must read
// the state before the chunk writes it. The windows are listed first, so there are as many tasks as
// there are windows; the original launches its bound MAX_CMP_WRITES = T/4 (class L).
#pragma once

#include "kernels/prefill_compressor/finish_row.h"
#include "kernels/prefill_compressor/prefill_compressor_args.h"
#include "kernels/prefill_compressor/project.h"
#include "kernels/prefill_compressor/window.h"
#include "kernels/simd/softmax_pool.h"
#include "kernels/spmd.h"

namespace kernels {

/// kTiles: OUT_TILE columns of both projections per task, K_TILE of the inner dimension per step
/// (reorders the sums); HEAD_CHUNK columns of a window per pooling task; PACKED_RMS_TILE windows per
/// normalising task, HEAD_TILE columns per step, a multiple of 16 that divides 512;
/// PACKED_STATE_UPDATE_TILE tokens per task of the state update. All exact but K_TILE.
template <auto kTiles>
void PrefillCompressorRatio4(const PrefillCompressorArgs& a) {
  namespace steps = prefill_compressor;
  using Ratio = PrefillRatio4;
  static_assert(kTiles.HEAD_CHUNK > 0, "tiles are positive");
  steps::Project<kTiles.OUT_TILE, kTiles.K_TILE, Ratio>(a);

  const long windows = steps::ListWindows(a);
  constexpr long kBlocks = Blocks(Ratio::kHead, kTiles.HEAD_CHUNK);
  spmd(windows * kBlocks, [&](long task) {
    const long i = task / kBlocks, c = task % kBlocks * kTiles.HEAD_CHUNK;
    const steps::Window<Ratio> window = steps::WindowOf<Ratio>(a, a.windows[i]);
    constexpr int kInRegisters = 32;  // columns; strips of eight slots gain nothing by more
    simd::SoftmaxPool<kInRegisters>(window, window.count, c,
                                    Clip(c, kTiles.HEAD_CHUNK, Ratio::kHead),
                                    a.pooled + i * Ratio::kHead);
  });

  steps::FinishRows<kTiles.PACKED_RMS_TILE, kTiles.HEAD_TILE, Ratio>(a, windows);
  steps::UpdateStates<kTiles.PACKED_STATE_UPDATE_TILE, Ratio>(a);
}

}  // namespace kernels
