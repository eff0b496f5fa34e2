#include "kernels/moe_gate/moe_gate_golden.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>

#include "kernels/golden/linear.h"
#include "kernels/golden/rounding.h"

namespace kernels {
namespace {

std::size_t Size(int n) { return static_cast<std::size_t>(n); }

// What the contracts make of a token's row.
struct Normed {
  std::vector<float> values;  // quantised and projected
  float scale = 1;            // takes the projection and the codes' scale to those of the norm
};

template <typename Args>
std::vector<float> Row(const Args& a, std::size_t t) {
  return golden::Widen({a.x_mixed + t * Size(a.D), Size(a.D)});
}

// V2: every product rounds to FP32, the row to bf16.
Normed Norm(const MoeGateArgs& a, std::size_t t) {
  Normed normed{Row(a, t), 1};
  const float inverse = golden::InverseRms(normed.values);
  for (std::size_t d = 0; d < normed.values.size(); ++d) {
    const float scaled = normed.values[d] * inverse;
    normed.values[d] = golden::RoundBf16(scaled * golden::ToFloat(a.norm_w[d]));
  }
  return normed;
}

// V3: eight partial sums of squares; the row stays FP32 and unnormalised.
Normed Norm(const MoeGateV3Args& a, std::size_t t) {
  Normed normed{Row(a, t), 1};
  const std::size_t D = normed.values.size(), part = (D + 7) / 8;
  float squares = 0;
  for (std::size_t begin = 0; begin < D; begin += part) {
    double sum = 0;
    for (std::size_t d = begin; d < std::min(begin + part, D); ++d) {
      sum += static_cast<double>(normed.values[d]) * normed.values[d];
    }
    squares += static_cast<float>(sum);
  }
  const float mean = squares * (1.0f / static_cast<float>(D));
  normed.scale = 1.0f / std::sqrt(mean + 1e-6f);
  for (std::size_t d = 0; d < D; ++d) normed.values[d] *= golden::ToFloat(a.norm_w[d]);
  return normed;
}

template <typename Args>
std::vector<float> Scores(const Args& a, const Normed& normed) {
  std::vector<float> scores =
      golden::MatMul(normed.values, std::span(a.gate_w, Size(a.E) * Size(a.D)), Size(a.D),
                     golden::Layout::kOutputFirst);  // FP64 sums, rounded once
  for (float& score : scores) score = std::sqrt(golden::Softplus(score * normed.scale));
  return scores;
}

// P10: descending by biased score, the lower id first among equals.
template <typename Args>
std::vector<int> Choose(const Args& a, std::size_t t, const std::vector<float>& scores) {
  if (a.layer_id < a.num_hash_layers) {
    const int* row = a.tid2eid + static_cast<std::size_t>(a.input_ids[t]) * Size(a.TOPK);
    return {row, row + a.TOPK};
  }
  std::vector<float> biased(scores);
  for (std::size_t e = 0; e < biased.size(); ++e) biased[e] += a.gate_bias[e];
  std::vector<int> ids(biased.size());
  std::iota(ids.begin(), ids.end(), 0);
  std::stable_sort(ids.begin(), ids.end(),
                   [&](int x, int y) { return biased[Size(x)] > biased[Size(y)]; });
  ids.resize(Size(a.TOPK));
  return ids;
}

template <typename Args>
void Route(const Args& a, std::size_t t, const std::vector<float>& scores) {
  const std::vector<int> ids = Choose(a, t, scores);
  float sum = 0;
  for (const int id : ids) sum += scores[Size(id)];
  for (std::size_t k = 0; k < ids.size(); ++k) {
    a.indices[t * Size(a.TOPK) + k] = ids[k];
    const float share = scores[Size(ids[k])] / sum;
    a.weights[t * Size(a.TOPK) + k] = share * a.route_scale;
  }
}

void StoreNorm(const MoeGateArgs& a, std::size_t t, const Normed& normed) {
  std::transform(normed.values.begin(), normed.values.end(), a.x_norm + t * Size(a.D),
                 golden::Bf16Rne);  // exact: rounded before
}
void StoreNorm(const MoeGateV3Args&, std::size_t, const Normed&) {}

template <typename Args>
void Run(const Args& a) {
  for (std::size_t t = 0; t < Size(a.T); ++t) {
    const Normed normed = Norm(a, t);
    StoreNorm(a, t, normed);
    const float dq = golden::QuantiseRow(normed.values, a.x_norm_i8 + t * Size(a.D));
    if (t < Size(a.num_tokens)) {
      a.x_norm_scale[t] = dq * normed.scale;
      Route(a, t, Scores(a, normed));
    } else {
      a.x_norm_scale[t] = 0;
      std::fill_n(a.indices + t * Size(a.TOPK), a.TOPK, 0);
      std::fill_n(a.weights + t * Size(a.TOPK), a.TOPK, 0.0f);
    }
  }
}

}  // namespace

void MoeGateGolden(const MoeGateArgs& args) { Run(args); }
void MoeGateV3Golden(const MoeGateV3Args& args) { Run(args); }

std::vector<float> MoeGateScores(const MoeGateArgs& args, std::size_t t) {
  return Scores(args, Norm(args, t));
}
std::vector<float> MoeGateScores(const MoeGateV3Args& args, std::size_t t) {
  return Scores(args, Norm(args, t));
}

}  // namespace kernels
