// compressor_ratio4: the attention KV compressor of the CSA layers in a decode step (kernels.md §4).
// Every fourth token emits one row of 512 columns, pooled over the last eight tokens: the earlier
// four by their first 512 columns, the later four by the others. kernels/compressor/args.h tells
// the operands and the contract of every call.
//
// Not tunable: MM_B_TILE, BS_PAD and RMS_PAD_TILE pad rows for a matrix unit of 16; here every block
// is clipped instead. HEAD_DIM_TILE blocks the matrix product that only V0 has.
#pragma once

#include "kernels/compressor/compressor.h"

namespace kernels {

using CompressorRatio4Args = compressor::SlottedArgs<compressor::Ratio4, compressor::V2>;

/// kTiles: B_TILE tokens × OUT_TILE columns per projection task, K_TILE inner dimensions per step;
/// HEAD_TILE columns per pooling task and per step of the norm; ROPE_TILE columns per step of the
/// rotation, even; RMS_TILE batches per task of the last stage. All but K_TILE are exact.
template <auto kTiles>
void CompressorRatio4(const CompressorRatio4Args& a) {
  compressor::Run<compressor::Tiling{.B_TILE = kTiles.B_TILE,
                                     .OUT_TILE = kTiles.OUT_TILE,
                                     .K_TILE = kTiles.K_TILE,
                                     .POOL_TILE = kTiles.HEAD_TILE,
                                     .HEAD_TILE = kTiles.HEAD_TILE,
                                     .ROPE_TILE = kTiles.ROPE_TILE,
                                     .RMS_TILE = kTiles.RMS_TILE},
                  compressor::Ratio4>(a);
}

}  // namespace kernels
