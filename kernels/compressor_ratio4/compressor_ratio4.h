// compressor_ratio4: the attention KV compressor of the CSA layers in a decode step (kernels.md
// §4). Every fourth token emits one row of 512 columns, pooled over the last eight tokens: the
// earlier four by their first 512 columns, the later four by the others. kernels/compressor/args.h
// tells the operands and the contract of every call.
//
// V2 is the default. V3 leaves kv at 0 where the cache has no row for the window. V1 has block
// tables instead of slots. V0 keeps its state in eight slots per batch, rounds to bf16 between the
// steps and may multiply the row by a matrix (rotate), which belongs to the indexer only and was
// taken out.
//
// Not tunable: MM_B_TILE, BS_PAD and RMS_PAD_TILE pad rows for a matrix unit of 16; here every
// block is clipped instead. HEAD_DIM_TILE blocks the matrix product that only V0 has, where it is
// HEAD_DIM_CHUCK. V0 has no tiles of tokens or batches: it takes 16 tokens per projection task, its
// batch, and a batch per task of the last stage.
#pragma once

#include "kernels/compressor/compressor.h"

namespace kernels {

using CompressorRatio4Args = compressor::SlottedArgs<compressor::Ratio4, compressor::V2>;
using CompressorRatio4V1Args = compressor::TabledArgs<compressor::Ratio4>;
using CompressorRatio4V0Args = compressor::ContiguousArgs<compressor::Ratio4>;
using CompressorRatio4V3Args = compressor::SlottedArgs<compressor::Ratio4, compressor::V3>;

namespace compressor_ratio4 {

template <auto kTiles>
inline constexpr compressor::Tiling kTiling{.B_TILE = kTiles.B_TILE,
                                            .OUT_TILE = kTiles.OUT_TILE,
                                            .K_TILE = kTiles.K_TILE,
                                            .POOL_TILE = kTiles.HEAD_TILE,
                                            .HEAD_TILE = kTiles.HEAD_TILE,
                                            .ROPE_TILE = kTiles.ROPE_TILE,
                                            .RMS_TILE = kTiles.RMS_TILE};

}  // namespace compressor_ratio4

/// kTiles: B_TILE tokens × OUT_TILE columns per projection task, K_TILE inner dimensions per step;
/// HEAD_TILE columns per pooling task and per step of the norm; ROPE_TILE columns per step of the
/// rotation, even; RMS_TILE batches per task of the last stage. All but K_TILE are exact.
template <auto kTiles>
void CompressorRatio4(const CompressorRatio4Args& a) {
  compressor::Run<compressor_ratio4::kTiling<kTiles>, compressor::Ratio4>(a);
}

/// Tiles as CompressorRatio4.
template <auto kTiles>
void CompressorRatio4V3(const CompressorRatio4V3Args& a) {
  compressor::Run<compressor_ratio4::kTiling<kTiles>, compressor::Ratio4>(a);
}

/// Tiles as CompressorRatio4.
template <auto kTiles>
void CompressorRatio4V1(const CompressorRatio4V1Args& a) {
  compressor::Run<compressor_ratio4::kTiling<kTiles>, compressor::Ratio4>(a);
}

/// kTiles: OUT_CHUNK columns per projection task, K_CHUNK inner dimensions per step; HEAD_CHUNK
/// columns per pooling task and per step of the norm; HEAD_DIM_CHUCK inner dimensions per step of
/// the matrix product; ROPE_CHUCK columns per step of the rotation, even. K_CHUNK and
/// HEAD_DIM_CHUCK reorder sums, all others are exact.
template <auto kTiles>
void CompressorRatio4V0(const CompressorRatio4V0Args& a) {
  compressor::Run<compressor::kHistoricTiling<kTiles>, compressor::Ratio4>(a);
}

}  // namespace kernels
