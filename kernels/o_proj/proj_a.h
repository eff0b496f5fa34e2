// The first stage of o_proj: bf16 rows of all tokens times a group's bf16 weights, in FP32 (kernels.md
// §7.3, step 1). The weights are most of what the kernel reads, and are read once.
#pragma once

#include "kernels/o_proj/o_proj_args.h"
#include "kernels/simd/bf16_dots.h"
#include "kernels/spmd.h"

namespace kernels::o_proj {
inline namespace KERNELS_SIMD_ISA {

using simd::F32;

inline long GroupIn(const OProjArgs& a) { return long{a.H} / a.G * 512; }

// Brings near the weights that follow rows r … of a tile: the tile's next rows, else its first ones
// further along, else the rows behind it. A step leaves a page before the hardware sees a stream.
inline void PrefetchNext(const OProjArgs& a, long g, long r0, long r1, long r, long k0, long k1) {
  const long inner = GroupIn(a), all = long{a.G} * a.O_LORA;
  const bool last = r + simd::kDotColumns >= r1, end = last && k1 >= inner;
  const long row = g * a.O_LORA + (!last ? r + simd::kDotColumns : end ? r1 : r0);
  const long k = !last ? k0 : end ? 0 : k1;
  for (long i = row; i < Clip(row, simd::kDotColumns, all); ++i) {
    const bf16* from = a.wo_a + i * inner;
    for (long j = k; j < Clip(k, k1 - k0, inner); j += 32) __builtin_prefetch(from + j, 0, 2);
  }
}

// The tokens' part of a step, rows of kStride: as they lie, they would all meet in the same L1 set.
template <int kTokens, int kK>
struct TokenSlice {
  // 64 KB at most; 64 elements keep rows of whole pages apart.
  static constexpr int kRows = long{kTokens} * kK <= 32768 ? kTokens : kK < 8192 ? 32768 / kK : 4;
  static constexpr long kStride = kK + 64;

  void Copy(const OProjArgs& a, long g, long t0, long t1, long k0, long k1) {
    const long inner = GroupIn(a);
    for (long t = t0; t < t1; ++t) {
      __builtin_memcpy(values + (t - t0) * kStride, a.o + (t * a.G + g) * inner + k0,
                       static_cast<unsigned long>(k1 - k0) * sizeof(bf16));
    }
  }

  alignas(64) bf16 values[kRows * kStride];
};

// Columns [r0, r1) of group g for tokens [t0, t1) over elements [k0, k1), added to what earlier K
// tiles left.
template <typename Slice>
void ProjectTile(const OProjArgs& a, const Slice& slice, long g, long r0, long r1, long t0, long t1,
                 long k0, long k1) {
  const long inner = GroupIn(a);
  for (long r = r0; r < r1; r += simd::kDotColumns) {
    if (t0 == 0) PrefetchNext(a, g, r0, r1, r, k0, k1);
    const bf16* rows[simd::kDotColumns];  // past the last: the last again, and dropped
    for (long c = 0; c < simd::kDotColumns; ++c) {
      rows[c] = a.wo_a + (g * a.O_LORA + Clip(r, c, r1 - 1)) * inner + k0;
    }
    for (long t = t0; t < t1; t += simd::kDotTokens) {
      const bf16* tokens[simd::kDotTokens];
      for (long i = 0; i < simd::kDotTokens; ++i) {
        tokens[i] = slice.values + (Clip(t, i, t1 - 1) - t0) * Slice::kStride;
      }
      const F32 dots = simd::Dots(tokens, rows, 0, k1 - k0);
      alignas(64) float dot[simd::kLanes];
      simd::Store(dot, dots, simd::kLanes);
      for (long i = 0; i < simd::kDotTokens && t + i < t1; ++i) {
        float* to = a.a + ((t + i) * a.G + g) * a.O_LORA;
        for (long c = 0; c < simd::kDotColumns && r + c < r1; ++c) {
          const float sum = dot[i * simd::kDotColumns + c];
          to[r + c] = k0 == 0 ? sum : to[r + c] + sum;
        }
      }
    }
  }
}

// kFrags fragments of kColumns rows of wo_a per task, kTokens tokens by kK elements of a row per
// step.
template <int kColumns, int kFrags, int kTokens, int kK>
void ProjA(const OProjArgs& a) {
  static_assert(kColumns > 0 && kFrags > 0 && kTokens > 0, "tiles are positive");
  static_assert(kK > 0 && kK % simd::kPairLanes == 0, "a K tile is a number of vectors");
  using Slice = TokenSlice<kTokens, kK>;
  const long tasks = Blocks(a.O_LORA, long{kColumns} * kFrags), inner = GroupIn(a);
  spmd(a.G * tasks, [&](long task) {
    Slice slice;
    const long first = task % tasks * kColumns * kFrags;
    for (long r = first; r < first + kColumns * kFrags && r < a.O_LORA; r += kColumns) {
      for (long k = 0; k < inner; k += kK) {
        const long end = Clip(k, kK, inner);
        for (long t = 0; t < a.T; t += Slice::kRows) {
          const long t1 = Clip(t, Slice::kRows, a.T);
          slice.Copy(a, task / tasks, t, t1, k, end);
          ProjectTile(a, slice, task / tasks, r, Clip(r, kColumns, a.O_LORA), t, t1, k, end);
        }
      }
    }
  });
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace kernels::o_proj
