// The originals' tiles of decode attention: what the registrations instantiate, and what tests
// begin with. The search spaces hold them as defaults.
#pragma once

namespace kernels::attention {

struct OProjTiles {
  int A_K_TILE = 256;
  int PROJ_A_MM_N_TILE = 128;
  int QUANT_TOKEN_TILE = 8;
  int B_K_TILE = 256;
  int PROJ_B_MM_N_TILE = 256;
  int PROJ_B_D_CHUNK = 1024;
  int PROJ_B_ACT_N_TILE = 512;
  int PROJ_B_ACT_TBLK = 8;
  int PROJ_B_ACT_T_TILE = 8;
};

struct CoreTiles {
  int VALID_TOKEN_TILE = 8;
  int QK_M_TILE = 32;
  int H_TILE = 16;
  int ROPE_OUT_TOK_TILE = 8;
  int ROPE_TILE = 16;
};

struct DecodeTiles : CoreTiles, OProjTiles {
  int QUANT_TILE = 512;
  int NUM_QUANT_T_CHUNKS = 1;
};

struct DecodeTilesV3 : OProjTiles {
  int QK_M_TILE = 32;
  int H_TILE = 16;
  int ROPE_OUT_TOK_TILE = 8;
  int NUM_QK_CORES = 24;
  int GATHER_SEGS = 4;
  int GATHER_RUN = 16;
  int PA_NF_PER_BLOCK = 2;
};

struct PrefillTiles : OProjTiles {
  int BIAS_TOKEN_TILE = 16;
  int GATHER_TOKEN_TILE = 4;
  int QK_M_TILE = 32;
  int H_TILE = 16;
  int ROPE_OUT_TOK_TILE = 64;
  int ROPE_TILE = 16;
  int A_T_TILE = 32;
  int QUANT_TILE = 512;
  int NUM_QUANT_T_CHUNKS = 4;
  int B_T_TILE = 32;
};

}  // namespace kernels::attention
