// The two projections of a prompt chunk (kernels.md §6).
#pragma once

#include "kernels/prefill_compressor/prefill_compressor_args.h"
#include "kernels/prefill_compressor/window.h"
#include "kernels/simd/float_matmul.h"
#include "kernels/simd/vec.h"
#include "kernels/spmd.h"

namespace kernels::prefill_compressor {
inline namespace KERNELS_SIMD_ISA {

// The score of a token takes its position's row of ape.
template <typename Ratio>
void AddApe(const PrefillCompressorArgs& a, simd::Range columns) {
  for (long t = 0; t < ActiveTokens(a); ++t) {
    float* score = a.score + t * Ratio::kOut;
    const float* ape = a.ape + a.position_ids[t] % Ratio::kRatio * Ratio::kOut;
    simd::ForLanes(
        columns.begin, columns.end, [&](long c, int n) __attribute__((always_inline)) {
          simd::Store(score + c, simd::Load(score + c, n) + simd::Load(ape + c, n), n);
        });
  }
}

// kv and score (with ape) of the active tokens: kOutTile columns of both per task, so that a tile of
// x is loaded once for the two, in steps of kKTile.
template <int kOutTile, int kKTile, typename Ratio>
void Project(const PrefillCompressorArgs& a) {
  static_assert(kOutTile > 0 && kKTile > 0, "tiles are positive");
  const simd::FloatMatMul<bf16, bf16> kv{a.x, a.D, a.wkv, a.D, a.kv, Ratio::kOut};
  const simd::FloatMatMul<bf16, bf16> score{a.x, a.D, a.wgate, a.D, a.score, Ratio::kOut};
  const simd::Range tokens{0, ActiveTokens(a)};
  spmd(Blocks(Ratio::kOut, kOutTile), [&](long task) {
    const simd::Range columns{task * kOutTile, Clip(task * kOutTile, kOutTile, Ratio::kOut)};
    for (long k = 0; k < a.D; k += kKTile) {
      const simd::Range step{k, Clip(k, kKTile, a.D)};
      simd::MultiplyOutputFirst(kv, tokens, columns, step, k > 0);
      simd::MultiplyOutputFirst(score, tokens, columns, step, k > 0);
    }
    AddApe<Ratio>(a, columns);
  });
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace kernels::prefill_compressor
