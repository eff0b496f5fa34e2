// The stages that the contracts of qkv_proj_rope are made of; see qkv_args.h. A stage works on the
// tokens or columns that one task has, in steps of its tiles.
//
// Sums over a row keep one partial sum per lane from its first column to its last: whatever the
// step, a multiple of the lanes, the bits are the same.
#pragma once

#include "kernels/qkv_proj_rope/qkv_args.h"
#include "kernels/simd/float_matmul.h"
#include "kernels/simd/int8_matmul_kn.h"
#include "kernels/simd/quantise.h"
#include "kernels/simd/rotate_pairs.h"
#include "kernels/spmd.h"

namespace kernels::qkv {

/// A square root per row, not per element.
inline float InverseRms(float squares, long n) {
  return 1.0f / __builtin_sqrtf(squares * (1.0f / static_cast<float>(n)) + kQkvEps);
}

inline namespace KERNELS_SIMD_ISA {

using simd::F32;
using simd::ForLanes;
using simd::Load;
using simd::Range;
using simd::Store;

/// A step of a row: whole vectors, so that steps don't cut what the lanes add up.
template <int kTile>
constexpr bool IsStep() {
  return kTile > 0 && kTile % 16 == 0;
}

inline void WidenRow(const bf16* x, long n, float* to) {
  ForLanes(
      0, n, [&](long i, int lanes) __attribute__((always_inline)) {
        Store(to + i, Load(x + i, lanes), lanes);
      });
}

/// y[T, N] of columns [n0, n0 + kN) = x[T, D]·w[D, N] over rows `k`, in steps of kK of them. Where
/// there are none, y is 0.
template <int kN, int kK>
void Project(const float* x, long T, long D, const bf16* w, long N, long n0, Range k, float* y) {
  static_assert(kN > 0 && kK > 0, "tiles are positive");
  const Range tokens{0, T}, columns{n0, Clip(n0, kN, N)};
  const simd::FloatMatMul<float, bf16> product{x, D, w, N, y, N};
  if (k.begin >= k.end) {  // the sum of nothing, which the product leaves to us
    for (long t = 0; t < T; ++t) {
      for (long n = columns.begin; n < columns.end; ++n) y[t * N + n] = 0;
    }
  }
  for (long begin = k.begin; begin < k.end; begin += kK) {
    simd::MultiplyInputFirst(product, tokens, columns, Range{begin, Clip(begin, kK, k.end)},
                             begin > k.begin);
  }
}

/// row := row + the same row of further partial sums, ascending, in place; `stride` apart.
inline void AddPartials(float* row, long n, int partials, long stride) {
  for (int p = 1; p < partials; ++p) {
    ForLanes(
        0, n, [&](long i, int lanes) __attribute__((always_inline)) {
          Store(row + i, Load(row + i, lanes) + Load(row + p * stride + i, lanes), lanes);
        });
  }
}

/// By lanes, the squares of [begin, end) added to `squares`.
inline F32 AddSquares(const float* v, long begin, long end, F32 squares) {
  ForLanes(
      begin, end, [&](long i, int lanes) __attribute__((always_inline)) {
        const F32 value = Load(v + i, lanes);
        squares += value * value;
      });
  return squares;
}

/// In kParts partial sums, added in ascending order.
template <int kTile, int kParts = 1>
float SumOfSquares(const float* v, long n) {
  static_assert(IsStep<kTile>(), "a step is a number of vectors");
  const long part = Blocks(Blocks(n, kParts), 16) * 16;
  float sum = 0;
  for (long begin = 0; begin < n; begin += part) {
    const long end = Clip(begin, part, n);
    F32 squares{};
    for (long i = begin; i < end; i += kTile)
      squares = AddSquares(v, i, Clip(i, kTile, end), squares);
    sum += simd::SumLanes(squares);
  }
  return sum;
}

/// v := (v·scale)·gamma for [begin, end), in place; kBf16 rounds it.
template <bool kBf16, typename Weight>
void Normalise(float* v, float scale, const Weight* gamma, long begin, long end) {
  ForLanes(
      begin, end, [&](long i, int lanes) __attribute__((always_inline)) {
        F32 value = Load(v + i, lanes) * scale * Load(gamma + i, lanes);
        if constexpr (kBf16) value = simd::FromBf16(simd::ToBf16(value));
        Store(v + i, value, lanes);
      });
}

/// P2 of row n; kAmaxTile columns per step of the first pass, kApplyTile of the second.
template <int kAmaxTile, int kApplyTile>
void QuantiseRow(const float* row, long n, signed char* codes, float* scale_back) {
  static_assert(IsStep<kAmaxTile>() && IsStep<kApplyTile>(), "a step is a number of vectors");
  F32 largest = simd::LeastAmax();
  for (long i = 0; i < n; i += kAmaxTile) {
    largest = simd::AbsMax(row, i, Clip(i, kAmaxTile, n), largest);
  }
  const float scale = 127.0f / simd::MaxLane(largest);
  for (long i = 0; i < n; i += kApplyTile) {
    simd::QuantiseColumns(row, i, Clip(i, kApplyTile, n), scale, codes);
  }
  *scale_back = 1.0f / scale;
}

using Angles = simd::PairAngles<kQkvRopeDim / 2>;

inline Angles AnglesOf(const QkvProjRopeArgs& a, long t) {
  Angles angles;
  simd::InterleaveAngles<kQkvRopeDim / 2>(a.rope_cos + t * kQkvRopeDim,
                                          a.rope_sin + t * kQkvRopeDim, &angles);
  return angles;
}

/// The last 64 of a vector, rotated in steps of kTile columns.
template <int kTile>
void RotateTail(const float* tail, const Angles& angles, bf16* to) {
  static_assert(IsStep<kTile>(), "a step is a number of vectors");
  for (long j = 0; j < kQkvRopeDim; j += kTile) {
    simd::RotatePairs<kQkvRopeDim / 2>(tail, angles, j, Clip(j, kTile, kQkvRopeDim), to);
  }
}

/// One key-value vector: normalised in steps of kTile columns, its tail rotated.
template <int kTile, int kRopeTile>
void FinishKv(const QkvProjRopeArgs& a, float* row, long t) {
  static_assert(kQkvNopeDim % kTile == 0, "steps end where the tail begins");
  const float scale = InverseRms(SumOfSquares<kTile>(row, kQkvHeadDim), kQkvHeadDim);
  bf16* to = a.kv + t * kQkvHeadDim;
  for (long i = 0; i < kQkvHeadDim; i += kTile) {
    Normalise<false>(row, scale, a.gamma_ckv, i, Clip(i, kTile, kQkvHeadDim));
  }
  for (long i = 0; i < kQkvNopeDim; i += simd::kLanes) {
    Store(to + i, Load(row + i, simd::kLanes), simd::kLanes);
  }
  RotateTail<kRopeTile>(row + kQkvNopeDim, AnglesOf(a, t), to + kQkvNopeDim);
}

/// Columns [begin, end) of the queries, dequantised (P4), for tokens [t0, t1).
inline void DequantiseQ(const QkvProjRopeArgs& a, long t0, long t1, long begin, long end) {
  const long N = long{a.H} * kQkvHeadDim;
  for (long t = t0; t < t1; ++t) {
    ForLanes(
        begin, end, [&](long i, int lanes) __attribute__((always_inline)) {
          const F32 sums = simd::ToF32(Load(simd::SumsAt(a.q_sums, t, i, N), lanes));
          Store(a.q_f32 + t * N + i, sums * a.qr_scale[t] * Load(a.wq_b_scale + i, lanes), lanes);
        });
  }
}

/// One head of one token, read once: normalised, rounded, its tail rotated. kTile columns per step.
template <int kTile, int kRopeTile>
void FinishHead(const QkvProjRopeArgs& a, long t, long head, const Angles& angles) {
  static_assert(IsStep<kTile>() && kQkvNopeDim % kTile == 0, "steps end where the tail begins");
  const long at = (t * a.H + head) * kQkvHeadDim;
  const float* from = a.q_f32 + at;
  const float scale = InverseRms(SumOfSquares<kTile>(from, kQkvHeadDim), kQkvHeadDim);
  for (long i = 0; i < kQkvNopeDim; i += kTile) {
    ForLanes(
        i, i + kTile, [&](long j, int lanes) __attribute__((always_inline)) {
          Store(a.q + at + j, Load(from + j, lanes) * scale, lanes);
        });
  }
  alignas(64) float tail[kQkvRopeDim];
  for (long j = 0; j < kQkvRopeDim; j += simd::kLanes) {
    Store(tail + j, Load(from + kQkvNopeDim + j, simd::kLanes) * scale, simd::kLanes);
  }
  RotateTail<kRopeTile>(tail, angles, a.q + at + kQkvNopeDim);
}

/// Heads [h0, h1) of tokens [t0, t1).
template <int kTile, int kRopeTile>
void FinishHeads(const QkvProjRopeArgs& a, long t0, long t1, long h0, long h1) {
  for (long t = t0; t < t1; ++t) {
    const Angles angles = AnglesOf(a, t);
    for (long head = h0; head < h1; ++head) FinishHead<kTile, kRopeTile>(a, t, head, angles);
  }
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace kernels::qkv
