// prefill_indexer_compressor: the indexer's own ratio-4 compressor over a packed prompt chunk
// (kernels.md §6.4). Windows and state are the attention's, a quarter as wide; the finished row is
// then rounded to bf16 and multiplied by the Hadamard operand, any dense [128, 128] matrix. See
// prefill_compressor_args.h for the operands.
//
//   r = bf16(row)·H      V2: bf16(r) to cache and kv. V3: bf16(r), quantised by row, codes to cache
//                        and kv, its scale to the cache's scales
//
//   projections[256/OUT_TILE] → pool[windows · 128/HEAD_CHUNK] → norm, RoPE, Hadamard, cache
//     [windows/PACKED_RMS_TILE] → state[num_tokens/PACKED_STATE_UPDATE_TILE]
//
// kv's row i is the cache row of the i-th window, in token order; the rows after the last are 0, and
// a window beyond T/4 has none.
#pragma once

#include "kernels/prefill_compressor/finish_row.h"
#include "kernels/prefill_compressor/prefill_compressor_args.h"
#include "kernels/prefill_compressor/project.h"
#include "kernels/prefill_compressor/window.h"
#include "kernels/simd/float_matmul.h"
#include "kernels/simd/softmax_pool.h"
#include "kernels/spmd.h"

namespace kernels {

namespace prefill_compressor {
inline namespace KERNELS_SIMD_ISA {

using IndexerRatio = PrefillIndexerRatio4;
inline constexpr int kIndexerHead = IndexerRatio::kHead;

// V2: a row to its place in the cache, and to kv.
inline void StoreRow(const PrefillCompressorArgs& a, long window, const float* product) {
  const long slot = a.cmp_slot_mapping[a.windows[window]];
  for (int c = 0; c < kIndexerHead; c += kLanes) {
    const F32 v = simd::Load(product + c, kLanes);
    simd::Store(a.cmp_kv + slot * kIndexerHead + c, v, kLanes);
    if (window < a.T / IndexerRatio::kRatio) {
      simd::Store(a.kv_rows + window * kIndexerHead + c, v, kLanes);
    }
  }
}

inline F32 RoundedBf16(const float* from) {
  return simd::FromBf16(simd::ToBf16(simd::Load(from, kLanes)));
}

// V3: its codes and scale. q = rint(v · 127/amax), dequantised by the reciprocal of that quotient.
inline void StoreCodes(const PrefillCompressorArgs& a, long window, const float* product) {
  const long slot = a.cmp_slot_mapping[a.windows[window]];
  F32 largest = F32{} + 1e-4f;
  for (int c = 0; c < kIndexerHead; c += kLanes) {
    largest = simd::Max(largest, simd::Abs(RoundedBf16(product + c)));
  }
  const float scale = 127.0f / simd::MaxLane(largest);
  const bool listed = window < a.T / IndexerRatio::kRatio;
  for (int c = 0; c < kIndexerHead; c += kLanes) {
    // 1.5·2^23: adding it rounds to the nearest whole number, ties to even, and leaves that number
    // in the lowest bits.
    const simd::U32 bits = simd::Bits(RoundedBf16(product + c) * scale + 12582912.0f) & 0xffu;
    const simd::U8 codes = __builtin_convertvector(bits, simd::U8);
    const long at = slot * kIndexerHead + c;
    simd::Store(reinterpret_cast<unsigned char*>(a.idx_kv_cache) + at, codes, kLanes);
    if (!listed) continue;
    const long row = window * kIndexerHead + c;
    simd::Store(reinterpret_cast<unsigned char*>(a.kv_codes) + row, codes, kLanes);
  }
  a.idx_kv_scale[slot] = 1.0f / scale;
}

// Windows [rows.begin, rows.end), from their pooled rows on.
template <int kTile>
void FinishIndexerRows(const PrefillCompressorArgs& a, simd::Range rows) {
  for (long i = rows.begin; i < rows.end; ++i) {
    FinishRow<kTile, IndexerRatio>(a, a.windows[i], a.pooled + i * kIndexerHead,
                                   a.rounded + i * kIndexerHead);
  }
  const simd::FloatMatMul<bf16, bf16> transform{a.rounded,    kIndexerHead, a.hadamard,
                                                kIndexerHead, a.product,    kIndexerHead};
  simd::MultiplyInputFirst(transform, rows, {0, kIndexerHead}, {0, kIndexerHead}, false);
  for (long i = rows.begin; i < rows.end; ++i) {
    const float* product = a.product + i * kIndexerHead;
    if (a.idx_kv_cache == nullptr) StoreRow(a, i, product);
    else StoreCodes(a, i, product);
  }
}

// kv's rows after the last window.
inline void ClearRows(const PrefillCompressorArgs& a, long windows) {
  for (long i = windows; i < a.T / IndexerRatio::kRatio; ++i) {
    for (int c = 0; c < kIndexerHead; ++c) {
      if (a.idx_kv_cache == nullptr) a.kv_rows[i * kIndexerHead + c] = bf16{};
      else a.kv_codes[i * kIndexerHead + c] = 0;
    }
  }
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace prefill_compressor

/// kTiles: OUT_TILE columns of both projections per task, K_TILE of the inner dimension per step
/// (reorders the sums); HEAD_CHUNK columns of a window per pooling task; PACKED_RMS_TILE windows per
/// finishing task, HEAD_TILE columns per step of the norm, a multiple of 16 that divides 128;
/// PACKED_STATE_UPDATE_TILE tokens per task of the state update. All exact but K_TILE.
template <auto kTiles>
void PrefillIndexerCompressor(const PrefillCompressorArgs& a) {
  namespace steps = prefill_compressor;
  using Ratio = PrefillIndexerRatio4;
  static_assert(kTiles.HEAD_CHUNK > 0 && kTiles.PACKED_RMS_TILE > 0, "tiles are positive");
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

  spmd(Blocks(windows, kTiles.PACKED_RMS_TILE), [&](long task) {
    const long begin = task * kTiles.PACKED_RMS_TILE;
    steps::FinishIndexerRows<kTiles.HEAD_TILE>(
        a, {begin, Clip(begin, kTiles.PACKED_RMS_TILE, windows)});
  });
  steps::ClearRows(a, windows);
  steps::UpdateStates<kTiles.PACKED_STATE_UPDATE_TILE, Ratio>(a);
}

}  // namespace kernels
