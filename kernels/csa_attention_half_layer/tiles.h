// The tiles of csa_attention_half_layer: those of its stages under the prefixes of its search
// space, and as each stage takes them.
#pragma once

namespace kernels::csa_half_layer {

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
  int NORM_D_TILE = 128;
  int NORM_T_TILE = 8;
  int NORM_RMS_D_SPLIT = 4;
  int QKV_QR_K_TILE = 256;
  int QKV_KV_K_TILE = 256;
  int QKV_QR_OK = 2;
  int QKV_KV_OK = 4;
  int QKV_QR_N_TILE = 128;
  int QKV_KV_N_TILE = 128;
  int QKV_T_TILE = 8;
  int QKV_KV_RMS_T_TILE = 8;
  int QKV_Q_LORA_TILE = 256;
  int QKV_QUANT_TILE = 256;
  int QKV_KV_TILE = 64;
  int QKV_Q_PROJ_TILE = 512;
  int QKV_QPROJ_MM_N_TILE = 256;
  int QKV_DEQUANT_T_TILE = 8;
  int QKV_Q_PROJ_OUT_TILE = 128;
  int QKV_Q_ROPE_T_TILE = 8;
  int QKV_Q_ROPE_H_TILE = 2;
  int QKV_HEAD_TILE = 64;
  int QKV_ROPE_TILE = 64;
  int CMP_K_TILE = 512;
  int CMP_OUT_TILE = 64;
  int CMP_B_TILE = 8;
  int CMP_HEAD_TILE = 64;
  int CMP_ROPE_TILE = 32;
  int CMP_RMS_TILE = 4;
  int IDX_Q_TILE = 128;
  int IDX_Q_OUT_TILE = 256;
  int IDX_QR_PROJ_ROW_TILE = 8;
  int IDX_D_TILE = 512;
  int IDX_WEIGHTS_OK = 1;
  int IDX_WEIGHTS_ROW_TILE = 8;
  int IDX_ROPE_ROW_TILE = 32;
  int IDX_QH_QUANT_TILE = 64;
  int IDX_HEAD_DIM_TILE = 32;
  int IDX_QH_HEAD_DIM_TILE = 64;
  int IDX_CACHE_TILE = 32;
  int IDX_K_TILE = 512;
  int IDX_OUT_TILE = 64;
  int IDX_B_TILE = 8;
  int IDX_HEAD_TILE = 64;
  int IDX_ROPE_TILE = 32;
  int IDX_RMS_TILE = 4;
  int INDEX_CSA_OVERLAY_TOKEN_TILE = 1;
  int INDEX_CSA_TOPK_TOKEN_TILE = 8;
  int INDEX_CSA_TOPK_COLUMN_TILE = 512;
  int ATTN_VALID_TOKEN_TILE = 8;
  int ATTN_QK_M_TILE = 32;
  int ATTN_H_TILE = 16;
  int ATTN_ROPE_OUT_TOK_TILE = 8;
  int ATTN_ROPE_TILE = 16;
  int ATTN_A_K_TILE = 256;
  int ATTN_PROJ_A_MM_N_TILE = 128;
  int ATTN_QUANT_TOKEN_TILE = 8;
  int ATTN_QUANT_TILE = 512;
  int ATTN_NUM_QUANT_T_CHUNKS = 1;
  int ATTN_B_K_TILE = 256;
  int ATTN_PROJ_B_MM_N_TILE = 256;
  int ATTN_PROJ_B_D_CHUNK = 1024;
  int ATTN_PROJ_B_ACT_N_TILE = 512;
  int ATTN_PROJ_B_ACT_TBLK = 8;
  int ATTN_PROJ_B_ACT_T_TILE = 8;
  int WB_CSA_WB_TOKEN_TILE = 8;
  int WB_CSA_WB_COLUMN_TILE = 512;
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
struct NormTiles {
  int D_TILE = kTiles.NORM_D_TILE;
  int T_TILE = kTiles.NORM_T_TILE;
  int RMS_D_SPLIT = kTiles.NORM_RMS_D_SPLIT;
};

template <auto kTiles>
struct QkvTiles {
  int QR_K_TILE = kTiles.QKV_QR_K_TILE;
  int KV_K_TILE = kTiles.QKV_KV_K_TILE;
  int QR_OK = kTiles.QKV_QR_OK;
  int KV_OK = kTiles.QKV_KV_OK;
  int QR_N_TILE = kTiles.QKV_QR_N_TILE;
  int KV_N_TILE = kTiles.QKV_KV_N_TILE;
  int T_TILE = kTiles.QKV_T_TILE;
  int KV_RMS_T_TILE = kTiles.QKV_KV_RMS_T_TILE;
  int Q_LORA_TILE = kTiles.QKV_Q_LORA_TILE;
  int QUANT_TILE = kTiles.QKV_QUANT_TILE;
  int KV_TILE = kTiles.QKV_KV_TILE;
  int Q_PROJ_TILE = kTiles.QKV_Q_PROJ_TILE;
  int QPROJ_MM_N_TILE = kTiles.QKV_QPROJ_MM_N_TILE;
  int DEQUANT_T_TILE = kTiles.QKV_DEQUANT_T_TILE;
  int Q_PROJ_OUT_TILE = kTiles.QKV_Q_PROJ_OUT_TILE;
  int Q_ROPE_T_TILE = kTiles.QKV_Q_ROPE_T_TILE;
  int Q_ROPE_H_TILE = kTiles.QKV_Q_ROPE_H_TILE;
  int HEAD_TILE = kTiles.QKV_HEAD_TILE;
  int ROPE_TILE = kTiles.QKV_ROPE_TILE;
};

template <auto kTiles>
struct CmpTiles {
  int K_TILE = kTiles.CMP_K_TILE;
  int OUT_TILE = kTiles.CMP_OUT_TILE;
  int B_TILE = kTiles.CMP_B_TILE;
  int HEAD_TILE = kTiles.CMP_HEAD_TILE;
  int ROPE_TILE = kTiles.CMP_ROPE_TILE;
  int RMS_TILE = kTiles.CMP_RMS_TILE;
};

template <auto kTiles>
struct IdxTiles {
  int Q_TILE = kTiles.IDX_Q_TILE;
  int Q_OUT_TILE = kTiles.IDX_Q_OUT_TILE;
  int QR_PROJ_ROW_TILE = kTiles.IDX_QR_PROJ_ROW_TILE;
  int D_TILE = kTiles.IDX_D_TILE;
  int WEIGHTS_OK = kTiles.IDX_WEIGHTS_OK;
  int WEIGHTS_ROW_TILE = kTiles.IDX_WEIGHTS_ROW_TILE;
  int ROPE_ROW_TILE = kTiles.IDX_ROPE_ROW_TILE;
  int QH_QUANT_TILE = kTiles.IDX_QH_QUANT_TILE;
  int HEAD_DIM_TILE = kTiles.IDX_HEAD_DIM_TILE;
  int QH_HEAD_DIM_TILE = kTiles.IDX_QH_HEAD_DIM_TILE;
  int CACHE_TILE = kTiles.IDX_CACHE_TILE;
  int K_TILE = kTiles.IDX_K_TILE;
  int OUT_TILE = kTiles.IDX_OUT_TILE;
  int B_TILE = kTiles.IDX_B_TILE;
  int HEAD_TILE = kTiles.IDX_HEAD_TILE;
  int ROPE_TILE = kTiles.IDX_ROPE_TILE;
  int RMS_TILE = kTiles.IDX_RMS_TILE;
};

template <auto kTiles>
struct IndexTiles {
  int CSA_OVERLAY_TOKEN_TILE = kTiles.INDEX_CSA_OVERLAY_TOKEN_TILE;
  int CSA_TOPK_TOKEN_TILE = kTiles.INDEX_CSA_TOPK_TOKEN_TILE;
  int CSA_TOPK_COLUMN_TILE = kTiles.INDEX_CSA_TOPK_COLUMN_TILE;
};

template <auto kTiles>
struct AttnTiles {
  int VALID_TOKEN_TILE = kTiles.ATTN_VALID_TOKEN_TILE;
  int QK_M_TILE = kTiles.ATTN_QK_M_TILE;
  int H_TILE = kTiles.ATTN_H_TILE;
  int ROPE_OUT_TOK_TILE = kTiles.ATTN_ROPE_OUT_TOK_TILE;
  int ROPE_TILE = kTiles.ATTN_ROPE_TILE;
  int A_K_TILE = kTiles.ATTN_A_K_TILE;
  int PROJ_A_MM_N_TILE = kTiles.ATTN_PROJ_A_MM_N_TILE;
  int QUANT_TOKEN_TILE = kTiles.ATTN_QUANT_TOKEN_TILE;
  int QUANT_TILE = kTiles.ATTN_QUANT_TILE;
  int NUM_QUANT_T_CHUNKS = kTiles.ATTN_NUM_QUANT_T_CHUNKS;
  int B_K_TILE = kTiles.ATTN_B_K_TILE;
  int PROJ_B_MM_N_TILE = kTiles.ATTN_PROJ_B_MM_N_TILE;
  int PROJ_B_D_CHUNK = kTiles.ATTN_PROJ_B_D_CHUNK;
  int PROJ_B_ACT_N_TILE = kTiles.ATTN_PROJ_B_ACT_N_TILE;
  int PROJ_B_ACT_TBLK = kTiles.ATTN_PROJ_B_ACT_TBLK;
  int PROJ_B_ACT_T_TILE = kTiles.ATTN_PROJ_B_ACT_T_TILE;
};

template <auto kTiles>
struct WbTiles {
  int CSA_WB_TOKEN_TILE = kTiles.WB_CSA_WB_TOKEN_TILE;
  int CSA_WB_COLUMN_TILE = kTiles.WB_CSA_WB_COLUMN_TILE;
};

template <auto kTiles>
struct HcPostTiles {
  int T_TILE = kTiles.HC_POST_T_TILE;
  int D_TILE = kTiles.HC_POST_D_TILE;
};

}  // namespace kernels::csa_half_layer
