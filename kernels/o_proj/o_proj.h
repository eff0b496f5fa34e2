// o_proj: the grouped output projection of the attention layers (kernels.md §7.3): bf16 weights
// down to a low rank per group, INT8 weights back up.
//
//   a[t,g,:]    = o[t, heads of g]·wo_a[g]ᵀ
//   codes, dq   = a[t,g,:] quantised by itself
//   attn_out[t] = (Σ_g float(codes[t,g]·wo_b[:, columns of g]ᵀ)·dq[t,g])·wo_b_scale, rounded to bf16
//
// A group's scale cannot leave the sum over groups, so each keeps its INT32 sums until the last
// stage adds them up in ascending order. Stages, as the original's:
//   proj_a[G·O_LORA/(PROJ_A_MM_N_TILE·PA_NF_PER_BLOCK)] → quant[G·NUM_QUANT_T_CHUNKS]
//     → proj_b_mm[G·D/PROJ_B_D_CHUNK] → proj_b_act[D/PROJ_B_ACT_N_TILE·T/PROJ_B_ACT_TBLK]
// A_K_TILE cuts an FP32 sum (class R); every other tile is exact, and each last block is clipped.
// Compile with -ffp-contract=off.
#pragma once

#include "kernels/o_proj/o_proj_args.h"
#include "kernels/o_proj/proj_a.h"
#include "kernels/simd/int8_matmul.h"
#include "kernels/simd/panel_codes.h"
#include "kernels/spmd.h"

namespace kernels {

namespace o_proj {
inline namespace KERNELS_SIMD_ISA {

using simd::F32;

inline F32 AbsMax(const float* v, long begin, long end, F32 largest) {
  simd::ForLanes(
      begin, end, [&](long i, int n) __attribute__((always_inline)) {
        largest = simd::Max(largest, simd::Abs(simd::Load(v + i, n)));
      });
  return largest;
}

// Tokens [t0, t1) of group g to codes, kTokens at a time, kColumns of their columns per step.
template <int kTokens, int kColumns>
void QuantiseGroup(const OProjArgs& a, unsigned char* panels, long g, long t0, long t1) {
  for (long t = t0; t < t1; t += kTokens) {
    const long n = Clip(t, kTokens, t1) - t;
    F32 largest[kTokens];
    float scale[kTokens];
    for (long i = 0; i < n; ++i) largest[i] = F32{} + 1e-4f;
    for (long c = 0; c < a.O_LORA; c += kColumns) {
      for (long i = 0; i < n; ++i) {
        const float* row = a.a + ((t + i) * a.G + g) * a.O_LORA;
        largest[i] = AbsMax(row, c, Clip(c, kColumns, a.O_LORA), largest[i]);
      }
    }
    for (long i = 0; i < n; ++i) {
      scale[i] = 127.0f / simd::MaxLane(largest[i]);
      a.code_scale[(t + i) * a.G + g] = 1.0f / scale[i];
    }
    for (long c = 0; c < a.O_LORA; c += kColumns) {
      for (long i = 0; i < n; ++i) {
        const float* row = a.a + ((t + i) * a.G + g) * a.O_LORA;
        simd::EncodePanel(row, t + i, c, Clip(c, kColumns, a.O_LORA), scale[i], panels, a.O_LORA);
      }
    }
  }
}

// Columns [begin, end) of tokens [t0, t1): groups ascending, then the channel's scale.
inline void SumGroups(const OProjArgs& a, long t0, long t1, long begin, long end) {
  const long size = simd::SumsSize(a.T, a.D);
  for (long t = t0; t < t1; ++t) {
    simd::ForLanes(
        begin, end, [&](long d, int n) __attribute__((always_inline)) {
          F32 sum = {};
          for (long g = 0; g < a.G; ++g) {
            const int* partial = simd::SumsAt(a.partial + g * size, t, d, a.D);
            sum += simd::ToF32(simd::Load(partial, n)) * a.code_scale[t * a.G + g];
          }
          simd::Store(a.attn_out + t * a.D + d, sum * simd::Load(a.wo_b_scale + d, n), n);
        });
  }
}

// kChunks chunks of tokens, a task for each and each group.
template <int kChunks, int kTokens, int kColumns>
void Quant(const OProjArgs& a, unsigned char* panels) {
  static_assert(kChunks > 0 && kTokens > 0, "tiles are positive");
  static_assert(kColumns > 0 && kColumns % simd::kPanelBytes == 0,
                "a block is a number of panel steps");
  const long size = simd::PanelBytes(a.T, a.O_LORA), chunk = Blocks(a.T, kChunks);
  spmd(long{a.G} * kChunks, [&](long task) {
    const long g = task / kChunks, t0 = task % kChunks * chunk;
    if (t0 < a.T) {
      QuantiseGroup<kTokens, kColumns>(a, panels + g * size, g, t0, Clip(t0, chunk, a.T));
    }
  });
}

// Group g of tokens from t0 on, which begin a panel.
inline simd::Int8MatMul GroupMatMul(const OProjArgs& a, const unsigned char* panels, long g,
                                    long t0, long t1) {
  const long panel = t0 / simd::kPanelTokens * simd::kPanelTokens;
  return {panels + g * simd::PanelBytes(a.T, a.O_LORA) + simd::PanelBytes(panel, a.O_LORA),
          a.wo_b + g * a.O_LORA,
          a.partial + g * simd::SumsSize(a.T, a.D) + simd::SumsSize(panel, a.D),
          t1 - t0,
          a.D,
          a.O_LORA,
          long{a.G} * a.O_LORA};
}

// kChunk rows of wo_b per task and group, kRows of them for kTokens tokens at a time, kK bytes of a
// row per step.
template <int kChunk, int kRows, int kTokens, int kK>
void ProjBMatMul(const OProjArgs& a, const unsigned char* panels) {
  static_assert(kChunk % kRows == 0, "a chunk is a number of row blocks");
  static_assert(kTokens > 0 && kTokens % simd::kPanelTokens == 0, "a step is a number of panels");
  const long chunks = Blocks(a.D, kChunk);
  spmd(a.G * chunks, [&](long task) {
    const long first = task % chunks * kChunk;
    for (long n = first; n < first + kChunk && n < a.D; n += kRows) {
      for (long t = 0; t < a.T; t += kTokens) {
        simd::MatMulRows<kRows, kK>(GroupMatMul(a, panels, task / chunks, t, Clip(t, kTokens, a.T)),
                                    n);
      }
    }
  });
}

// kColumns columns of kBlock tokens per task, kTokens of them at a time.
template <int kColumns, int kBlock, int kTokens>
void ProjBActivate(const OProjArgs& a) {
  static_assert(kColumns > 0 && kColumns % simd::kDotRows == 0, "a step is a number of dot blocks");
  static_assert(kBlock > 0 && kTokens > 0, "tiles are positive");
  const long columns = Blocks(a.D, kColumns);
  spmd(Blocks(a.T, kBlock) * columns, [&](long task) {
    const long begin = task % columns * kColumns, first = task / columns * kBlock;
    const long last = Clip(first, kBlock, a.T);
    for (long t = first; t < last; t += kTokens) {
      SumGroups(a, t, Clip(t, kTokens, last), begin, Clip(begin, kColumns, a.D));
    }
  });
}

// Tiles that only some generations name.
inline constexpr int kAll = 1 << 20;
template <auto kTiles>
constexpr int PaNfPerBlock() {
  if constexpr (requires { kTiles.PA_NF_PER_BLOCK; }) return kTiles.PA_NF_PER_BLOCK;
  else return 1;
}
template <auto kTiles>
constexpr int ATTile() {
  if constexpr (requires { kTiles.A_T_TILE; }) return kTiles.A_T_TILE;
  else return kAll;
}
template <auto kTiles>
constexpr int BTTile() {
  if constexpr (requires { kTiles.B_T_TILE; }) return kTiles.B_T_TILE;
  else return kAll;
}
template <auto kTiles>
constexpr int QuantTile() {
  if constexpr (requires { kTiles.QUANT_TILE; }) return kTiles.QUANT_TILE;
  else return kAll;
}
template <auto kTiles>
constexpr int NumQuantTChunks() {
  if constexpr (requires { kTiles.NUM_QUANT_T_CHUNKS; }) return kTiles.NUM_QUANT_T_CHUNKS;
  else return 1;
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace o_proj

/// kTiles: PROJ_A_MM_N_TILE rows of wo_a per fragment, PA_NF_PER_BLOCK fragments per task (1 where
/// not named), A_T_TILE tokens (all; 64 KB at most) by A_K_TILE elements of a row per step; NUM_QUANT_T_CHUNKS
/// tasks per group (1), each in steps of QUANT_TOKEN_TILE tokens by QUANT_TILE columns (all);
/// PROJ_B_D_CHUNK rows of wo_b per task, in steps of PROJ_B_MM_N_TILE rows by B_T_TILE tokens (all)
/// by B_K_TILE bytes of a row; PROJ_B_ACT_N_TILE columns by PROJ_B_ACT_TBLK tokens per output task,
/// in steps of PROJ_B_ACT_T_TILE tokens. A_K_TILE is a multiple of 32; QUANT_TILE and B_K_TILE of
/// 64; B_T_TILE of 8; PROJ_B_MM_N_TILE, which divides PROJ_B_D_CHUNK, and PROJ_B_ACT_N_TILE of 16.
template <auto kTiles>
void OProj(const OProjArgs& a) {
  using namespace o_proj;
  unsigned char* panels = simd::AlignPanels(a.codes);
  ProjA<kTiles.PROJ_A_MM_N_TILE, PaNfPerBlock<kTiles>(), ATTile<kTiles>(), kTiles.A_K_TILE>(a);
  Quant<NumQuantTChunks<kTiles>(), kTiles.QUANT_TOKEN_TILE, QuantTile<kTiles>()>(a, panels);
  ProjBMatMul<kTiles.PROJ_B_D_CHUNK, kTiles.PROJ_B_MM_N_TILE, BTTile<kTiles>(), kTiles.B_K_TILE>(
      a, panels);
  ProjBActivate<kTiles.PROJ_B_ACT_N_TILE, kTiles.PROJ_B_ACT_TBLK, kTiles.PROJ_B_ACT_T_TILE>(a);
}

}  // namespace kernels
