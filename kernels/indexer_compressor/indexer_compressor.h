// indexer_compressor: keeps the decode indexer's compressed keys (kernels.md §3). Every fourth
// token emits one key of 128 columns, pooled over the last eight tokens as in compressor_ratio4,
// then multiplied by a dense matrix named hadamard. kernels/compressor/args.h tells the operands
// and the contract of every call. The decode indexer (§2) embeds this step: its inner_* operands
// are these.
//
// V2, the default, stores keys in bf16. V3 stores INT8 codes and a scale per key, of the key
// rounded to bf16, and leaves kv at 0 where the key goes nowhere. V1 has block tables instead of
// slots. V0 keeps its state in eight slots per batch and rounds to bf16 between the steps.
//
// Not tunable: MM_B_TILE and RMS_PAD_TILE (V3: RMS_PAD_ROWS) pad rows for a matrix unit of 16; here
// every block is clipped instead. V0 has no tiles of tokens or batches: it takes 16 tokens per
// projection task, its batch, and a batch per task of the last stage.
#pragma once

#include "kernels/compressor/compressor.h"

namespace kernels {

using IndexerCompressorArgs = compressor::SlottedArgs<compressor::Indexer, compressor::V2>;
using IndexerCompressorV1Args = compressor::TabledArgs<compressor::Indexer>;
using IndexerCompressorV0Args = compressor::ContiguousArgs<compressor::Indexer>;
using IndexerCompressorV3Args = compressor::SlottedArgs<compressor::Indexer, compressor::V3>;

namespace indexer_compressor {

template <auto kTiles>
inline constexpr compressor::Tiling kTiling{.B_TILE = kTiles.B_TILE,
                                            .OUT_TILE = kTiles.OUT_TILE,
                                            .K_TILE = kTiles.K_TILE,
                                            .POOL_TILE = kTiles.HEAD_TILE,
                                            .HEAD_TILE = kTiles.HEAD_TILE,
                                            .ROPE_TILE = kTiles.ROPE_TILE,
                                            .RMS_TILE = kTiles.RMS_TILE,
                                            .HEAD_DIM_TILE = kTiles.HEAD_DIM_TILE};

}  // namespace indexer_compressor

/// kTiles: B_TILE tokens × OUT_TILE columns per projection task, K_TILE inner dimensions per step;
/// HEAD_TILE columns per pooling task and per step of the norm; HEAD_DIM_TILE inner dimensions per
/// step of the matrix product; ROPE_TILE columns per step of the rotation, even; RMS_TILE batches
/// per task of the last stage. K_TILE and HEAD_DIM_TILE reorder sums, all others are exact.
template <auto kTiles>
void IndexerCompressor(const IndexerCompressorArgs& a) {
  compressor::Run<indexer_compressor::kTiling<kTiles>, compressor::Indexer>(a);
}

/// Tiles as IndexerCompressor, but for PROJ_OUT_TILE, V3's name of OUT_TILE.
template <auto kTiles>
void IndexerCompressorV3(const IndexerCompressorV3Args& a) {
  compressor::Run<compressor::Tiling{.B_TILE = kTiles.B_TILE,
                                     .OUT_TILE = kTiles.PROJ_OUT_TILE,
                                     .K_TILE = kTiles.K_TILE,
                                     .POOL_TILE = kTiles.HEAD_TILE,
                                     .HEAD_TILE = kTiles.HEAD_TILE,
                                     .ROPE_TILE = kTiles.ROPE_TILE,
                                     .RMS_TILE = kTiles.RMS_TILE,
                                     .HEAD_DIM_TILE = kTiles.HEAD_DIM_TILE},
                  compressor::Indexer>(a);
}

/// Tiles as IndexerCompressor.
template <auto kTiles>
void IndexerCompressorV1(const IndexerCompressorV1Args& a) {
  compressor::Run<indexer_compressor::kTiling<kTiles>, compressor::Indexer>(a);
}

/// kTiles: OUT_CHUNK columns per projection task, K_CHUNK inner dimensions per step; HEAD_CHUNK
/// columns per pooling task and per step of the norm; HEAD_DIM_CHUCK inner dimensions per step of
/// the matrix product; ROPE_CHUCK columns per step of the rotation, even. K_CHUNK and
/// HEAD_DIM_CHUCK reorder sums, all others are exact.
template <auto kTiles>
void IndexerCompressorV0(const IndexerCompressorV0Args& a) {
  compressor::Run<compressor::kHistoricTiling<kTiles>, compressor::Indexer>(a);
}

}  // namespace kernels
