#include "kernels/prefill_compressor_ratio4_v1/prefill_compressor_ratio4_v1_golden.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "kernels/golden/linear.h"
#include "kernels/golden/rounding.h"

namespace kernels {
namespace {

constexpr std::size_t kRatio = 4, kOut = 1024, kHead = 512, kRope = 64;

// One batch's projections: kv, and score with ape, [S, 1024].
struct Rows {
  std::vector<float> kv, score;
};

Rows Project(const PrefillCompressorV1Args& a, std::size_t b) {
  const auto S = static_cast<std::size_t>(a.S), D = static_cast<std::size_t>(a.D);
  const std::vector<float> x = golden::Widen({a.x + b * S * D, S * D});
  constexpr auto kLayout = golden::Layout::kInputFirst;
  Rows rows{golden::MatMul(x, std::span(a.wkv, D * kOut), D, kLayout),
            golden::MatMul(x, std::span(a.wgate, D * kOut), D, kLayout)};
  for (std::size_t s = 0; s < S; ++s) {
    for (std::size_t c = 0; c < kOut; ++c) rows.score[s * kOut + c] += a.ape[s % kRatio * kOut + c];
  }
  return rows;
}

// P9 in two passes over one column; a first window's front has kv 0 and the lowest score.
float PoolColumn(const Rows& rows, std::size_t window, std::size_t c) {
  float kv[2 * kRatio], score[2 * kRatio];
  for (std::size_t i = 0; i < kRatio; ++i) {
    const std::size_t back = (window * kRatio + i) * kOut + kHead + c;
    kv[kRatio + i] = rows.kv[back];
    score[kRatio + i] = rows.score[back];
    const std::size_t front = (window * kRatio + i - kRatio) * kOut + c;
    kv[i] = window == 0 ? 0 : rows.kv[front];
    score[i] = window == 0 ? -FLT_MAX : rows.score[front];
  }
  const float largest = *std::max_element(score, score + 2 * kRatio);
  float sum = 0;
  for (const float value : score) sum += std::exp(value - largest);
  float pooled = 0;
  for (std::size_t i = 0; i < 2 * kRatio; ++i) {
    const float weight = std::exp(score[i] - largest) / sum;
    pooled += kv[i] * weight;
  }
  return pooled;
}

// The finished row: bf16 after the pool, after the norm, and after the rotation of its tail.
std::vector<float> CompressedRow(const PrefillCompressorV1Args& a, const Rows& rows,
                                 std::size_t window) {
  std::vector<float> row(kHead);
  for (std::size_t c = 0; c < kHead; ++c) {
    row[c] = golden::RoundBf16(PoolColumn(rows, window, c));
  }
  const float inverse = golden::InverseRms(row);
  for (std::size_t c = 0; c < kHead; ++c) {
    row[c] = golden::RoundBf16(a.norm_w[c] * (row[c] * inverse));
  }
  const std::span<float, kRope> tail = std::span(row).last<kRope>();
  golden::Rotate(tail, a.cos + window * (kRope / 2), a.sin + window * (kRope / 2));
  std::transform(tail.begin(), tail.end(), tail.begin(), golden::RoundBf16);
  return row;
}

// Token s goes to `slot` of the state.
void Keep(const PrefillCompressorV1Args& a, const Rows& rows, std::size_t b, std::size_t s,
          std::size_t slot) {
  const std::size_t to = (b * 2 * kRatio + slot) * kOut;
  std::copy_n(&rows.kv[s * kOut], kOut, a.kv_state + to);
  std::copy_n(&rows.score[s * kOut], kOut, a.score_state + to);
}

}  // namespace

void PrefillCompressorRatio4V1Golden(const PrefillCompressorV1Args& a) {
  const auto S = static_cast<std::size_t>(a.S);
  const std::size_t windows = S / kRatio, cutoff = windows * kRatio;
  for (std::size_t b = 0; b < static_cast<std::size_t>(a.B); ++b) {
    const Rows rows = Project(a, b);
    for (std::size_t i = 0; i < kRatio && windows > 0; ++i) {
      Keep(a, rows, b, cutoff - kRatio + i, i);
    }
    for (std::size_t s = cutoff; s < S; ++s) Keep(a, rows, b, s, kRatio + s - cutoff);
    for (std::size_t w = 0; w < windows; ++w) {
      const std::vector<float> row = CompressedRow(a, rows, w);
      std::copy(row.begin(), row.end(), a.kv + (b * windows + w) * kHead);
      bf16* cache = a.kv_cache + (b * static_cast<std::size_t>(a.IDX_KV_LEN) + w) * kHead;
      std::transform(row.begin(), row.end(), cache, golden::Bf16Rne);
    }
  }
}

}  // namespace kernels
