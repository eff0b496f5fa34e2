// What becomes of a pooled row: RMS norm, RoPE, for some a dense matrix, and into kv and the cache.
//
//   n = γ·(pooled·1/sqrt(mean(pooled²) + 1e-6)); the last 64 columns in pairs turned by cos, sin
//
// V0 rounds to bf16 after pooling, after the norm and after the rotation; later contracts only
// before the matrix and in the cache.
#pragma once

#include "kernels/compressor/pooling.h"

namespace kernels::compressor {
inline namespace KERNELS_SIMD_ISA {

template <typename Body>
inline void Transform(float* row, long begin, long end, const Body& body) {
  simd::ForLanes(
      begin, end, [&](long i, int n) __attribute__((always_inline)) {
        simd::Store(row + i, body(simd::Load(row + i, n), i, n), n);
      });
}

inline void RoundRow(float* row, long begin, long end) {
  Transform(
      row, begin, end, [](simd::F32 v, long, int) __attribute__((always_inline)) {
        return simd::FromBf16(simd::ToBf16(v));
      });
}

/// Of all kHeadDim columns, in an order that no tile changes.
template <int kHeadDim>
float InverseRms(const float* row) {
  simd::F32 squares = {};
  for (int i = 0; i < kHeadDim; i += simd::kLanes) {
    const simd::F32 v = simd::Load(row + i, simd::kLanes);
    squares = squares + v * v;
  }
  return 1.0f / __builtin_sqrtf(simd::SumLanes(squares) * (1.0f / kHeadDim) + 1e-6f);
}

template <int kHeadDim, int kTile, typename Gamma>
void Normalise(float* row, const Gamma* gamma) {
  static_assert(kTile > 0, "tiles are positive");
  const float inverse = InverseRms<kHeadDim>(row);
  for (int begin = 0; begin < kHeadDim; begin += kTile) {
    Transform(
        row, begin, Clip(begin, kTile, kHeadDim),
        [&](simd::F32 v, long i, int n)
            __attribute__((always_inline)) { return simd::Load(gamma + i, n) * (v * inverse); });
  }
}

/// The last 64 columns, kTile at a time.
template <int kHeadDim, int kTile>
void Rotate(float* row, const float* cos, const float* sin) {
  static_assert(kTile > 0 && kTile % 2 == 0, "a step is a number of pairs");
  float* tail = row + kHeadDim - kRopeDim;
  for (int begin = 0; begin < kRopeDim; begin += kTile) {
    for (long j = begin; j < Clip(begin, kTile, kRopeDim); j += 2) {
      const float even = tail[j], odd = tail[j + 1], c = cos[j / 2], s = sin[j / 2];
      tail[j] = even * c - odd * s;
      tail[j + 1] = even * s + odd * c;
    }
  }
}

/// The last 64 columns as two halves: 448 + i with 480 + i.
template <int kHeadDim>
void RotateHalves(float* row, const bf16* cos, const bf16* sin) {
  float* low = row + kHeadDim - kRopeDim;
  float* high = low + kRopeHalf;
  simd::ForLanes(
      0, kRopeHalf, [&](long i, int n) __attribute__((always_inline)) {
        const simd::F32 a = simd::Load(low + i, n), b = simd::Load(high + i, n);
        const simd::F32 c = simd::Load(cos + i, n), s = simd::Load(sin + i, n);
        simd::Store(low + i, a * c - b * s, n);
        simd::Store(high + i, a * s + b * c, n);
      });
}

/// row = bf16(row) · matrix [kHeadDim, kHeadDim], summed in steps of kTile inner dimensions.
template <int kHeadDim, int kTile>
void TimesMatrix(float* row, const bf16* matrix) {
  static_assert(kTile > 0, "tiles are positive");
  using simd::F32;
  constexpr int kVectors = 4;
  float product[kHeadDim];
  RoundRow(row, 0, kHeadDim);
  for (int n = 0; n < kHeadDim; n += kVectors * simd::kLanes) {
    F32 total[kVectors] = {};
    for (long begin = 0; begin < kHeadDim; begin += kTile) {
      F32 sums[kVectors] = {};
      for (long k = begin; k < Clip(begin, kTile, kHeadDim); ++k) {
        const F32 x = F32{} + row[k];
        for (int v = 0; v < kVectors; ++v) {
          const bf16* from = matrix + k * kHeadDim + n + v * simd::kLanes;
          sums[v] = simd::Fma(x, simd::Load(from, simd::kLanes), sums[v]);
        }
      }
      for (int v = 0; v < kVectors; ++v) total[v] = total[v] + sums[v];
    }
    for (int v = 0; v < kVectors; ++v) {
      simd::Store(product + n + v * simd::kLanes, total[v], simd::kLanes);
    }
  }
  __builtin_memcpy(row, product, sizeof(product));
}

/// kernels.md §0.3, P2, of the row rounded to bf16. Returns the scale that takes the codes back.
template <int kHeadDim>
float Quantise(float* row, signed char* codes) {
  RoundRow(row, 0, kHeadDim);
  simd::F32 largest = simd::F32{} + 1e-4f;
  for (int i = 0; i < kHeadDim; i += simd::kLanes) {
    largest = simd::Max(largest, simd::Abs(simd::Load(row + i, simd::kLanes)));
  }
  const float scale = 127.0f / simd::MaxLane(largest);
  for (int i = 0; i < kHeadDim; i += simd::kLanes) {
    // 1.5·2^23: adding it rounds to the nearest whole number, ties to even, and leaves that number
    // in the lowest bits.
    const simd::F32 rounded = simd::Load(row + i, simd::kLanes) * scale + 12582912.0f;
    simd::Store(reinterpret_cast<unsigned char*>(codes) + i,
                __builtin_convertvector(simd::Bits(rounded) & 0xffu, simd::U8), simd::kLanes);
  }
  return 1.0f / scale;
}

template <int kHeadDim>
void StoreBf16(const float* row, bf16* to) {
  for (int i = 0; i < kHeadDim; i += simd::kLanes) {
    simd::Store(to + i, simd::Load(row + i, simd::kLanes), simd::kLanes);
  }
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace kernels::compressor
