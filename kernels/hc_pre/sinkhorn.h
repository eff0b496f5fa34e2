// Sinkhorn's normalisation of 4×4 matrices, one matrix per lane: tokens are independent, and twenty
// rounds of four-element sums would leave a wide register idle otherwise.
#pragma once

#include "kernels/simd/exp.h"

namespace kernels::hc_pre {
inline namespace KERNELS_SIMD_ISA {

inline constexpr float kHcEps = 1e-6f;
inline constexpr int kSinkhornRounds = 20;

/// c[i][o] of every lane's matrix.
struct Matrices {
  simd::F32 c[4][4];
};

/// Every row becomes its softmax plus eps.
inline void SoftmaxRows(Matrices* m) {
  for (auto& row : m->c) {
    const simd::F32 largest = simd::Max(simd::Max(simd::Max(row[0], row[1]), row[2]), row[3]);
    for (simd::F32& v : row) v = simd::Exp(v - largest);
    const simd::F32 sum = row[0] + row[1] + row[2] + row[3];
    for (simd::F32& v : row) v = v / sum + kHcEps;
  }
}

inline void NormaliseRows(Matrices* m) {
  for (auto& row : m->c) {
    const simd::F32 sum = row[0] + row[1] + row[2] + row[3] + kHcEps;
    for (simd::F32& v : row) v = v / sum;
  }
}

inline void NormaliseColumns(Matrices* m) {
  for (int o = 0; o < 4; ++o) {
    const simd::F32 sum = m->c[0][o] + m->c[1][o] + m->c[2][o] + m->c[3][o] + kHcEps;
    for (auto& row : m->c) row[o] = row[o] / sum;
  }
}

/// Row softmax, columns, then nineteen times rows and columns.
inline void Sinkhorn(Matrices* m) {
  SoftmaxRows(m);
  NormaliseColumns(m);
  for (int round = 1; round < kSinkhornRounds; ++round) {
    NormaliseRows(m);
    NormaliseColumns(m);
  }
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace kernels::hc_pre
