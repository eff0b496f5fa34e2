// The tiles of moe_half_layer: those of its stages under the prefixes of its search space, and as
// each stage takes them.
#pragma once

namespace kernels::moe_half_layer {

/// The stages' defaults: what the registration instantiates.
struct DefaultTiles {
  int HC_PRE_T_TILE = 8;
  int HC_PRE_COMB_T_TILE = 8;
  int HC_PRE_RMS_K_CHUNK = 256;
  int HC_PRE_LINEAR_K_CHUNK = 256;
  int HC_PRE_D_CHUNK = 256;
  int HC_PRE_D_SPMD = 1024;
  int HC_PRE_LINEAR_OK = 4;
  int HC_PRE_RMS_OK = 16;
  int GATE_T_TILE = 8;
  int GATE_GATE_T_TILE = 8;
  int GATE_GATE_N_TILE = 16;
  int GATE_GATE_D_TILE = 256;
  int GATE_D_TILE = 256;
  int GATE_QUANT_TILE = 256;
  int ROUTED_RECV_TILE = 16;
  int ROUTED_MM_INTER_TILE = 256;
  int ROUTED_MM_GATE_INNER = 4;
  int ROUTED_K_TILE = 512;
  int ROUTED_INTER_K = 512;
  int ROUTED_D_OUT_TILE = 256;
  int ROUTED_W2_INNER = 4;
  int ROUTED_ACT_INTER_TILE = 128;
  int ROUTED_ACT_GATE_INNER = 4;
  int ROUTED_QUANT_TILE = 256;
  int ROUTED_D_OUT_TILE_ACT = 512;
  int ROUTED_W2_ACT_INNER = 2;
  int SHARED_MM_INTER_TILE = 256;
  int SHARED_K_TILE = 512;
  int SHARED_INTER_K = 512;
  int SHARED_ACT_INTER_TILE = 128;
  int SHARED_ACT_GATE_INNER = 4;
  int SHARED_QUANT_TILE = 256;
  int SHARED_D_OUT_TILE = 256;
  int SHARED_D_OUT_TILE_ACT = 512;
  int SHARED_W2_ACT_INNER = 2;
  int COMBINE_TOKENS_PER_TASK = 1;
  int COMBINE_D_TILE = 1024;
  int HC_POST_T_TILE = 4;
  int HC_POST_D_TILE = 512;
};

template <auto kTiles>
struct HcPreTiles {
  int T_TILE = kTiles.HC_PRE_T_TILE;
  int COMB_T_TILE = kTiles.HC_PRE_COMB_T_TILE;
  int RMS_K_CHUNK = kTiles.HC_PRE_RMS_K_CHUNK;
  int LINEAR_K_CHUNK = kTiles.HC_PRE_LINEAR_K_CHUNK;
  int D_CHUNK = kTiles.HC_PRE_D_CHUNK;
  int D_SPMD = kTiles.HC_PRE_D_SPMD;
  int LINEAR_OK = kTiles.HC_PRE_LINEAR_OK;
  int RMS_OK = kTiles.HC_PRE_RMS_OK;
};

template <auto kTiles>
struct GateTiles {
  int T_TILE = kTiles.GATE_T_TILE;
  int GATE_T_TILE = kTiles.GATE_GATE_T_TILE;
  int GATE_N_TILE = kTiles.GATE_GATE_N_TILE;
  int GATE_D_TILE = kTiles.GATE_GATE_D_TILE;
  int D_TILE = kTiles.GATE_D_TILE;
  int QUANT_TILE = kTiles.GATE_QUANT_TILE;
};

template <auto kTiles>
struct RoutedTiles {
  int RECV_TILE = kTiles.ROUTED_RECV_TILE;
  int MM_INTER_TILE = kTiles.ROUTED_MM_INTER_TILE;
  int MM_GATE_INNER = kTiles.ROUTED_MM_GATE_INNER;
  int K_TILE = kTiles.ROUTED_K_TILE;
  int INTER_K = kTiles.ROUTED_INTER_K;
  int D_OUT_TILE = kTiles.ROUTED_D_OUT_TILE;
  int W2_INNER = kTiles.ROUTED_W2_INNER;
  int ACT_INTER_TILE = kTiles.ROUTED_ACT_INTER_TILE;
  int ACT_GATE_INNER = kTiles.ROUTED_ACT_GATE_INNER;
  int QUANT_TILE = kTiles.ROUTED_QUANT_TILE;
  int D_OUT_TILE_ACT = kTiles.ROUTED_D_OUT_TILE_ACT;
  int W2_ACT_INNER = kTiles.ROUTED_W2_ACT_INNER;
};

template <auto kTiles>
struct SharedTiles {
  int MM_INTER_TILE = kTiles.SHARED_MM_INTER_TILE;
  int K_TILE = kTiles.SHARED_K_TILE;
  int INTER_K = kTiles.SHARED_INTER_K;
  int ACT_INTER_TILE = kTiles.SHARED_ACT_INTER_TILE;
  int ACT_GATE_INNER = kTiles.SHARED_ACT_GATE_INNER;
  int QUANT_TILE = kTiles.SHARED_QUANT_TILE;
  int D_OUT_TILE = kTiles.SHARED_D_OUT_TILE;
  int D_OUT_TILE_ACT = kTiles.SHARED_D_OUT_TILE_ACT;
  int W2_ACT_INNER = kTiles.SHARED_W2_ACT_INNER;
};

template <auto kTiles>
struct CombineTiles {
  int TOKENS_PER_TASK = kTiles.COMBINE_TOKENS_PER_TASK;
  int D_TILE = kTiles.COMBINE_D_TILE;
};

template <auto kTiles>
struct HcPostTiles {
  int T_TILE = kTiles.HC_POST_T_TILE;
  int D_TILE = kTiles.HC_POST_D_TILE;
};

}  // namespace kernels::moe_half_layer
