// moe_combine: a token's output is its shared expert's plus those of the experts it was routed to
// (kernels.md §12.2).
//
// Two contracts. V2 (MoeCombine): routed_y[t·TOPK + k] is what route k returned, weighted already;
//   ffn[t] = ((sh[t] + y_0) + y_1) + …            k ascending
// V1 (MoeCombineV1): rows lie with their experts, and weights are applied here;
//   ffn[t] = sh[t] + Σ y[e,row]·w[e,row]          over the rows of t, experts and rows ascending
// Every product and every sum rounds to FP32, the result to bf16, ties to even. Tokens and columns
// are independent: both tiles are exact, and the last block of each is clipped. Compile with
// -ffp-contract=off.
#pragma once

#include "kernels/simd/vec.h"
#include "kernels/spmd.h"

namespace kernels {

struct MoeCombineArgs {
  const bf16* sh;        // [T, D]
  const bf16* routed_y;  // [T·TOPK, D]
  bf16* ffn_out;         // [T, D] out
  int T;
  int D;
  int TOPK;
  int active;  // tokens from here on are sh alone; T and more: all are routed
};

struct MoeCombineV1Args {
  const bf16* sh;                // [T, D]
  const bf16* recv_y;            // [E_LOC, RECV_MAX, D]
  const int* recv_token;         // [E_LOC, RECV_MAX] the token of a row, in [0, T) below the count
  const float* recv_weights;     // [E_LOC, RECV_MAX]
  const int* recv_expert_count;  // [E_LOC, 1] rows of an expert, at most RECV_MAX
  bf16* ffn_out;                 // [T, D] out
  float* sums;                   // scratch [T, D]
  int T;
  int D;
  int E_LOC;
  int RECV_MAX;
};

namespace moe_combine {
inline namespace KERNELS_SIMD_ISA {

using simd::F32;

// Columns [begin, end) of one token.
inline void AddRoutes(const MoeCombineArgs& a, long t, long begin, long end) {
  const long routes = t < a.active ? a.TOPK : 0;
  const bf16* routed = a.routed_y + t * a.TOPK * a.D;
  simd::ForLanes(
      begin, end, [&](long d, int n) __attribute__((always_inline)) {
        F32 sum = simd::Load(a.sh + t * a.D + d, n);
        for (long k = 0; k < routes; ++k) sum = sum + simd::Load(routed + k * a.D + d, n);
        simd::Store(a.ffn_out + t * a.D + d, sum, n);
      });
}

// to[d] = from[d], in columns [begin, end); one of the two may be bf16.
template <typename From, typename To>
void Convert(const From* from, To* to, long begin, long end) {
  simd::ForLanes(
      begin, end, [&](long d, int n) __attribute__((always_inline)) {
        simd::Store(to + d, simd::Load(from + d, n), n);
      });
}

inline void AddWeighted(const bf16* y, float weight, float* sums, long begin, long end) {
  simd::ForLanes(
      begin, end, [&](long d, int n) __attribute__((always_inline)) {
        simd::Store(sums + d, simd::Load(sums + d, n) + simd::Load(y + d, n) * weight, n);
      });
}

// Columns [begin, end) of tokens [t0, t1). Each task goes through all rows, which are few, and takes
// its tokens' own: no list has to be made first, and a row's turn is the same for any tile.
inline void CombineBlock(const MoeCombineV1Args& a, long t0, long t1, long begin, long end) {
  for (long t = t0; t < t1; ++t) Convert(a.sh + t * a.D, a.sums + t * a.D, begin, end);
  for (long e = 0; e < a.E_LOC; ++e) {
    for (long row = e * a.RECV_MAX; row < e * a.RECV_MAX + a.recv_expert_count[e]; ++row) {
      const long t = a.recv_token[row];
      if (t < t0 || t >= t1) continue;
      AddWeighted(a.recv_y + row * a.D, a.recv_weights[row], a.sums + t * a.D, begin, end);
    }
  }
  for (long t = t0; t < t1; ++t) Convert(a.sums + t * a.D, a.ffn_out + t * a.D, begin, end);
}

// Runs body(t0, t1, d0, d1) for blocks of tokens × columns.
template <auto kTiles, typename Body>
void ForBlocks(long T, long D, const Body& body) {
  static_assert(kTiles.TOKENS_PER_TASK > 0 && kTiles.D_TILE > 0, "tiles are positive");
  const long columns = Blocks(D, kTiles.D_TILE);
  spmd(Blocks(T, kTiles.TOKENS_PER_TASK) * columns, [&](long task) {
    const long t = task / columns * kTiles.TOKENS_PER_TASK, d = task % columns * kTiles.D_TILE;
    body(t, Clip(t, kTiles.TOKENS_PER_TASK, T), d, Clip(d, kTiles.D_TILE, D));
  });
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace moe_combine

/// V2. kTiles: TOKENS_PER_TASK tokens and D_TILE columns per task.
template <auto kTiles>
void MoeCombine(const MoeCombineArgs& a) {
  moe_combine::ForBlocks<kTiles>(a.T, a.D, [&](long t0, long t1, long d0, long d1) {
    for (long t = t0; t < t1; ++t) moe_combine::AddRoutes(a, t, d0, d1);
  });
}

/// V1; tiles as MoeCombine. Scratch may hold anything before.
template <auto kTiles>
void MoeCombineV1(const MoeCombineV1Args& a) {
  moe_combine::ForBlocks<kTiles>(a.T, a.D, [&](long t0, long t1, long d0, long d1) {
    moe_combine::CombineBlock(a, t0, t1, d0, d1);
  });
}

}  // namespace kernels
