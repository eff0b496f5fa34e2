#include "kernels/qkv_proj_rope/qkv_proj_rope_golden.h"

#include <algorithm>

#include "kernels/golden/linear.h"
#include "kernels/golden/rounding.h"

namespace kernels {
namespace {

using golden::Layout;

constexpr std::size_t kHeadDim = kQkvHeadDim, kRopeDim = kQkvRopeDim;

std::size_t Size(int n) { return static_cast<std::size_t>(n); }

// A vector of 512: its tail rotated in FP32 (P6), all of it rounded to bf16.
void RotateAndRound(std::span<float> v, std::span<const bf16, 32> cos,
                    std::span<const bf16, 32> sin, bf16* to) {
  const std::vector<float> c = golden::Widen(cos), s = golden::Widen(sin);
  golden::Rotate(v.last<kRopeDim>(), c.data(), s.data());
  for (const float value : v) *to++ = golden::Bf16Rne(value);
}

// (v·inv_rms(v))·w; both products round to FP32.
template <typename Weight>
void Normalise(std::span<float> v, std::span<const Weight> w) {
  const float scale = golden::InverseRms(v);
  for (std::size_t i = 0; i < v.size(); ++i) {
    const float normed = v[i] * scale;
    v[i] = normed * w[i];
  }
}

// V1 step 1: x normalised and rounded to bf16; later contracts get it so.
std::vector<float> Tokens(const QkvProjRopeArgs& a, bool fused_norm) {
  const std::size_t D = Size(a.D);
  std::vector<float> x = golden::Widen(std::span(a.x, Size(a.T) * D));
  if (!fused_norm) return x;
  for (std::size_t t = 0; t < Size(a.T); ++t) {
    Normalise(std::span(x).subspan(t * D, D), std::span(a.norm_w, D));
  }
  std::ranges::transform(x, x.begin(), golden::RoundBf16);
  return x;
}

std::span<const bf16, 32> Angles(const bf16* table, std::size_t t) {
  return std::span<const bf16, 32>(table + t * kRopeDim, 32);
}

// Steps 2 to 6, for tokens whose x is normalised.
void Queries(const QkvProjRopeArgs& a, std::span<const float> x, bool round_n) {
  const std::size_t QL = Size(a.QL), heads = Size(a.H) * kHeadDim;
  std::vector<float> r =
      golden::MatMul(x, std::span(a.wq_a, Size(a.D) * QL), Size(a.D), Layout::kInputFirst);
  const std::vector<float> gamma = golden::Widen(std::span(a.gamma_cq, QL));
  for (std::size_t t = 0; t < Size(a.T); ++t) {
    const std::span<float> n = std::span(r).subspan(t * QL, QL);
    Normalise(n, std::span<const float>(gamma));
    if (round_n) std::ranges::transform(n, n.begin(), golden::RoundBf16);
    a.qr_scale[t] = golden::QuantiseRow(n, a.qr + t * QL);
    const std::vector<bf16> q = QueriesOfCodes(
        std::span<const std::int8_t>(a.qr + t * QL, QL), a.qr_scale[t],
        std::span<const std::int8_t>(a.wq_b, QL * heads), std::span(a.wq_b_scale, heads),
        Angles(a.rope_cos, t), Angles(a.rope_sin, t));
    std::ranges::copy(q, a.q + t * heads);
  }
}

// Step 7.
void KeyValues(const QkvProjRopeArgs& a, std::span<const float> x) {
  std::vector<float> kv =
      golden::MatMul(x, std::span(a.wkv, Size(a.D) * kHeadDim), Size(a.D), Layout::kInputFirst);
  const std::vector<float> gamma = golden::Widen(std::span(a.gamma_ckv, kHeadDim));
  for (std::size_t t = 0; t < Size(a.T); ++t) {
    const std::span<float> row = std::span(kv).subspan(t * kHeadDim, kHeadDim);
    Normalise(row, std::span<const float>(gamma));
    RotateAndRound(row, Angles(a.rope_cos, t), Angles(a.rope_sin, t), a.kv + t * kHeadDim);
  }
}

}  // namespace

std::vector<bf16> QueriesOfCodes(std::span<const std::int8_t> codes, float scale,
                                 std::span<const std::int8_t> wq_b,
                                 std::span<const float> wq_b_scale, std::span<const bf16, 32> cos,
                                 std::span<const bf16, 32> sin) {
  const std::vector<std::int32_t> sums =
      golden::MatMul(codes, wq_b, codes.size(), Layout::kInputFirst);
  std::vector<bf16> q(sums.size());
  std::vector<float> head(kHeadDim);
  for (std::size_t begin = 0; begin < sums.size(); begin += kHeadDim) {
    for (std::size_t i = 0; i < kHeadDim; ++i) {
      head[i] = golden::Dequantise(sums[begin + i], scale, wq_b_scale[begin + i]);
    }
    const float inverse_rms = golden::InverseRms(head);
    for (float& value : head) value *= inverse_rms;
    RotateAndRound(head, cos, sin, q.data() + begin);
  }
  return q;
}

void QkvProjRopeGolden(const QkvProjRopeArgs& a) {
  const std::vector<float> x = Tokens(a, false);
  Queries(a, x, false);
  KeyValues(a, x);
}

void QkvProjRopeV1Golden(const QkvProjRopeArgs& a) {
  const std::vector<float> x = Tokens(a, true);
  Queries(a, x, true);
  KeyValues(a, x);
}

void QkvProjRopeV3Golden(const QkvProjRopeArgs& args) {
  QkvProjRopeArgs a = args;
  a.T = std::clamp(args.num_tokens, 0, args.T);
  QkvProjRopeGolden(a);
  const std::size_t heads = Size(a.H) * kHeadDim;
  for (std::size_t t = Size(a.T); t < Size(args.T); ++t) {
    std::fill_n(a.q + t * heads, heads, bf16{});
    std::fill_n(a.kv + t * kHeadDim, kHeadDim, bf16{});
    std::fill_n(a.qr + t * Size(a.QL), Size(a.QL), std::int8_t{0});
    a.qr_scale[t] = 0;
  }
}

}  // namespace kernels
