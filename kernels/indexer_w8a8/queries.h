// The queries of the INT8 indexers: projected, rotated, times a matrix, back to INT8 (kernels.md
// §2, steps 1 to 4).
#pragma once

#include "kernels/indexer_qr_rope/indexer_qr_rope.h"
#include "kernels/indexer_w8a8/args.h"
#include "kernels/simd/int8_lanes.h"
#include "kernels/simd/int8_matmul_kn.h"

namespace kernels::indexer {
inline namespace KERNELS_SIMD_ISA {

/// P4 of columns [n0, n1), kRowTile tokens at a time.
template <int kRowTile, typename Args>
void DequantiseQuery(const Args& a, long n0, long n1) {
  static_assert(kRowTile > 0, "tiles are positive");
  const long tokens = long{a.B} * a.S;
  for (long t0 = 0; t0 < tokens; t0 += kRowTile) {
    for (long n = n0; n < n1; n += simd::kDotRows) {  // within a block, sums of tokens lie together
      for (long t = t0; t < Clip(t0, kRowTile, tokens); ++t) {
        const int* sums = simd::SumsAt(a.q_sums, t, n, kQueryDim);
        for (int i = 0; i < simd::kDotRows; i += simd::kLanes) {
          const simd::F32 q = simd::ToF32(simd::Load(sums + i, simd::kLanes)) * a.qr_scale[t] *
                              simd::Load(a.wq_b_scale + n + i, simd::kLanes);
          simd::Store(a.q + t * kQueryDim + n + i, q, simd::kLanes);
        }
      }
    }
  }
}

/// Columns [n0, n0 + kColumns) of q, kStep columns at a time, kK rows of the weight per step.
template <int kColumns, int kStep, int kK, int kRowTile, typename Args>
void ProjectQuery(const Args& a, long n0) {
  static_assert(kColumns > 0 && kColumns % simd::kDotRows == 0 && kStep % simd::kDotRows == 0,
                "columns come in blocks of sums");
  static_assert(kColumns % kStep == 0, "steps stay within their task's columns");
  const simd::Int8MatMulKN matmul{a.qr, a.wq_b, a.q_sums, long{a.B} * a.S, kQueryDim, a.QL};
  const long end = Clip(n0, kColumns, kQueryDim);
  for (long n = n0; n < end; n += kStep) {
    simd::MatMulColumns<kStep, kK>(matmul, n);
    DequantiseQuery<kRowTile>(a, n, Clip(n, kStep, end));
  }
}

/// Query rows [begin, end), a row being one head of one token.
template <typename Args>
void RotateQuery(const Args& a, long begin, long end) {
  indexer_qr_rope::RotateRows({a.q, a.cos, a.sin, a.q_rot, a.B, a.S, kHeads}, begin, end);
}

/// P2 of one row of 128. Returns the scale that takes the codes back.
inline float QuantiseRow(const float* row, signed char* codes) {
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

/// Rows [begin, end) times the matrix, kMatRows rows at a time, in steps of kN of its columns and
/// kK of its rows; then to INT8 words.
template <int kMatRows, int kN, int kK, typename Args>
void MixAndQuantise(const Args& a, long begin, long end) {
  static_assert(kMatRows > 0 && kN > 0 && kK > 0, "tiles are positive");
  float mixed[kMatRows][kHeadDim];
  for (long first = begin; first < end; first += kMatRows) {
    const long rows = Clip(first, kMatRows, end) - first;
    const simd::FloatMatMul<bf16, bf16> matmul{
        a.q_rot + first * kHeadDim, kHeadDim, a.hadamard, kHeadDim, mixed[0], kHeadDim};
    for (long n = 0; n < kHeadDim; n += kN) {
      for (long k = 0; k < kHeadDim; k += kK) {
        simd::MultiplyInputFirst(matmul, {0, rows}, {n, Clip(n, kN, kHeadDim)},
                                 {k, Clip(k, kK, kHeadDim)}, k > 0);
      }
    }
    for (long i = 0; i < rows; ++i) {
      signed char codes[kHeadDim];
      a.q_scale[first + i] = QuantiseRow(mixed[i], codes);
      int* words = a.q_words + (first + i) * simd::WordsOf(kHeadDim);
      a.q_starts[first + i] = simd::PackQuery(codes, kHeadDim, words);
    }
  }
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace kernels::indexer
