// compressor_ratio128: the attention KV compressor of the HCA layers in a decode step (kernels.md
// §5). Every 128th token emits one row of 512 columns, pooled over the last 128 tokens.
// kernels/compressor/args.h tells the operands and the contract of every call.
//
// V2 is the default. V3 leaves kv at 0 where the cache has no row for the window. V1 has block
// tables instead of slots, and pools by HEAD_TILE. V0 keeps its state in 128 slots per batch and
// has no cache.
//
// Not tunable: MM_B_TILE and RMS_PAD_TILE pad rows for a matrix unit of 16; here every block is
// clipped instead. V0 has no tiles of tokens or batches: it takes 16 tokens per projection task,
// its batch, and a batch per task of the last stage.
#pragma once

#include "kernels/compressor/compressor.h"

namespace kernels {

using CompressorRatio128Args = compressor::SlottedArgs<compressor::Ratio128, compressor::V2>;
using CompressorRatio128V1Args = compressor::TabledArgs<compressor::Ratio128>;
using CompressorRatio128V0Args = compressor::Ratio128V0Args;
using CompressorRatio128V3Args = compressor::SlottedArgs<compressor::Ratio128, compressor::V3>;

namespace compressor_ratio128 {

template <auto kTiles>
inline constexpr compressor::Tiling kTiling{.B_TILE = kTiles.B_TILE,
                                            .OUT_TILE = kTiles.OUT_TILE,
                                            .K_TILE = kTiles.K_TILE,
                                            .POOL_TILE = kTiles.POOL_HEAD_TILE,
                                            .HEAD_TILE = kTiles.HEAD_TILE,
                                            .ROPE_TILE = kTiles.ROPE_TILE,
                                            .RMS_TILE = kTiles.RMS_TILE};

}  // namespace compressor_ratio128

/// kTiles: B_TILE tokens × OUT_TILE columns per projection task, K_TILE inner dimensions per step;
/// POOL_HEAD_TILE columns per pooling task; HEAD_TILE columns per step of the norm; ROPE_TILE
/// columns per step of the rotation, even; RMS_TILE batches per task of the last stage. All but
/// K_TILE are exact.
template <auto kTiles>
void CompressorRatio128(const CompressorRatio128Args& a) {
  compressor::Run<compressor_ratio128::kTiling<kTiles>, compressor::Ratio128>(a);
}

/// Tiles as CompressorRatio128.
template <auto kTiles>
void CompressorRatio128V3(const CompressorRatio128V3Args& a) {
  compressor::Run<compressor_ratio128::kTiling<kTiles>, compressor::Ratio128>(a);
}

/// kTiles as CompressorRatio128's, HEAD_TILE being POOL_HEAD_TILE too.
template <auto kTiles>
void CompressorRatio128V1(const CompressorRatio128V1Args& a) {
  compressor::Run<compressor::Tiling{.B_TILE = kTiles.B_TILE,
                                     .OUT_TILE = kTiles.OUT_TILE,
                                     .K_TILE = kTiles.K_TILE,
                                     .POOL_TILE = kTiles.HEAD_TILE,
                                     .HEAD_TILE = kTiles.HEAD_TILE,
                                     .ROPE_TILE = kTiles.ROPE_TILE,
                                     .RMS_TILE = kTiles.RMS_TILE},
                  compressor::Ratio128>(a);
}

/// kTiles: OUT_CHUNK columns per projection task, K_CHUNK inner dimensions per step (the only one
/// that reorders sums); HEAD_CHUNK columns per pooling task and per step of the norm.
template <auto kTiles>
void CompressorRatio128V0(const CompressorRatio128V0Args& a) {
  compressor::Run<compressor::Tiling{.B_TILE = 16,
                                     .OUT_TILE = kTiles.OUT_CHUNK,
                                     .K_TILE = kTiles.K_CHUNK,
                                     .POOL_TILE = kTiles.HEAD_CHUNK,
                                     .HEAD_TILE = kTiles.HEAD_CHUNK,
                                     .ROPE_TILE = compressor::kRopeDim,
                                     .RMS_TILE = 1},
                  compressor::Ratio128>(a);
}

}  // namespace kernels
