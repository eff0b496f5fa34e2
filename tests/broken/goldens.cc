#include "tests/broken/goldens.h"

#include <algorithm>
#include <cmath>

namespace tilesmith {

void ScaleGolden(const broken::ScaleArgs& a) {
  for (int i = 0; i < a.N; ++i) a.y[i] = a.x[i] + a.x[i];
}

void DequantGolden(const broken::DequantArgs& a) {
  for (int i = 0; i < a.T * a.D; ++i) a.y[i] = static_cast<float>(a.acc[i]) * a.scale[i % a.D];
}

void PoolGolden(const broken::PoolArgs& a) {
  for (int n = 0; n < a.N; ++n) {
    double sum = 0, out = 0;
    for (int s = 0; s < a.S; ++s) {
      const double share = std::exp(static_cast<double>(a.score[s * a.N + n]));
      sum += share;
      out += share * static_cast<double>(a.kv[s * a.N + n]);
    }
    a.pooled[n] = static_cast<float>(out / sum);
  }
}

void RopeGolden(const broken::RopeArgs& a) {
  for (int pair = 0; pair < a.T * 32; ++pair) {
    const float x0 = a.x[2 * pair], x1 = a.x[2 * pair + 1];
    a.y[2 * pair] = x0 * a.cos[pair] - x1 * a.sin[pair];
    a.y[2 * pair + 1] = x0 * a.sin[pair] + x1 * a.cos[pair];
  }
}

void SumGolden(const broken::SumArgs& a) {
  double sum = 0;
  for (int i = 0; i < a.N; ++i) sum += static_cast<double>(a.x[i]);
  *a.sum = static_cast<float>(sum);
}

void AccumulateGolden(const broken::AccumulateArgs& a) {
  for (int i = 0; i < a.N; ++i) a.y[i] = 2 * a.x[i];
}

void QuantGolden(const broken::QuantArgs& a) {
  for (int t = 0; t < a.T; ++t) {
    float amax = 1e-4f;
    for (int i = 0; i < a.N; ++i) amax = std::max(amax, std::abs(a.x[t * a.N + i]));
    const float factor = 127 / amax;
    for (int i = 0; i < a.N; ++i) {
      a.q[t * a.N + i] = static_cast<signed char>(std::nearbyint(a.x[t * a.N + i] * factor));
    }
    a.scale[t] = 1 / factor;
  }
}

void NormGolden(const broken::NormArgs& a) {
  for (int t = 0; t < a.T; ++t) {
    double sum = 0;
    for (int i = 0; i < a.N; ++i) sum += std::pow(static_cast<double>(a.x[t * a.N + i]), 2);
    const double inv = 1 / std::sqrt(sum / a.N + 1e-6);
    for (int i = 0; i < a.N; ++i) {
      a.y[t * a.N + i] = static_cast<float>(static_cast<double>(a.x[t * a.N + i]) * inv);
    }
  }
}

void CodesGolden(const broken::CodesArgs& a) {
  for (int i = 0; i < a.N; ++i) a.q[i] = static_cast<signed char>(std::nearbyint(a.x[i]));
}

}  // namespace tilesmith
