#include "tests/broken/goldens.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

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

void ScoreGolden(const broken::ScoreArgs& a) {
  for (int i = 0; i < a.B * a.S * a.N; ++i) {
    const int token = i / a.N, b = token / a.S, n = i % a.N;
    double score = 0;
    for (int h = 0; h < 64; ++h) {
      double logit = 0;
      for (int d = 0; d < a.D; ++d) {
        const double q = static_cast<double>(a.q[(token * 64 + h) * a.D + d]);
        logit += q * static_cast<double>(a.kv[(b * a.N + n) * a.D + d]);
      }
      score += std::max(logit, 0.0) * static_cast<double>(a.w[token * 64 + h]);
    }
    a.score[i] = static_cast<float>(score);
  }
}

void GatherGolden(const broken::GatherArgs& a) {
  for (int b = 0; b < a.B; ++b) {
    for (int position = 0; position < a.L * 8; ++position) {
      const int row = a.table[b * a.L + position / 8] * 8 + position % 8;
      std::copy_n(a.state + row * a.N, a.N, a.rows + (b * a.L * 8 + position) * a.N);
    }
  }
}

// Of the chunk's own positions the rows are taken from the chunk; the state comes last.
void PrefillGolden(const broken::PrefillArgs& a) {
  const auto row = [&](int position) {
    if (position >= 4) return a.x + (position - 4) * a.N;
    return static_cast<const float*>(a.state + (a.table[0] * 4 + position) * a.N);
  };
  for (int last = 7; last < a.T + 4; last += 4) {
    for (int n = 0; n < a.N; ++n) {
      double sum = 0;
      for (int position = last - 7; position <= last; ++position) {
        sum += static_cast<double>(row(position)[n]);
      }
      a.pooled[(last / 4 - 1) * a.N + n] = static_cast<float>(sum / 8);
    }
  }
  for (int position = 4; position < a.T + 4; ++position) {
    const int slot = a.table[position / 4] * 4 + position % 4;
    std::copy_n(row(position), a.N, a.state + slot * a.N);
  }
}

void NormRopeGolden(const broken::NormRopeArgs& a) {
  for (int b = 0; b < a.B; ++b) {
    const float* x = a.x + b * 512;
    float* y = a.cache + b * 512;
    double squares = 0;
    for (int i = 0; i < 512; ++i) squares += std::pow(static_cast<double>(x[i]), 2);
    const auto inverse = static_cast<float>(1 / std::sqrt(squares / 512 + 1e-6));
    for (int i = 0; i < 448; ++i) y[i] = x[i] * inverse;
    for (int i = 0; i < 32; ++i) {
      const float c = a.cos[b * 32 + i], s = a.sin[b * 32 + i];
      const float even = x[448 + 2 * i] * inverse, odd = x[449 + 2 * i] * inverse;
      y[448 + 2 * i] = even * c - odd * s;
      y[449 + 2 * i] = even * s + odd * c;
    }
  }
}

void NormRotateGolden(const broken::NormRotateArgs& a) {
  for (int t = 0; t < a.T; ++t) {
    const float* x = a.x + t * 128;
    float* y = a.y + t * 128;
    for (int i = 0; i < 64; ++i) y[i] = x[i] * a.gamma[i];
    for (int i = 64; i < 128; i += 2) {
      const float even = x[i] * a.gamma[i], odd = x[i + 1] * a.gamma[i + 1];
      const float c = a.cos[t * 32 + i / 2 - 32], s = a.sin[t * 32 + i / 2 - 32];
      y[i] = even * c - odd * s;
      y[i + 1] = even * s + odd * c;
    }
  }
}

void CompressGolden(const broken::CompressArgs& a) {
  std::fill_n(a.kv, a.B * a.N, 0.0f);
  for (int b = 0; b < a.B; ++b) {
    if (a.pos[b] % 4 != 3) continue;
    for (int n = 0; n < a.N; ++n) {
      double sum = 0;
      for (int i = 0; i < 4; ++i) sum += static_cast<double>(a.x[(b * 4 + i) * a.N + n]);
      a.kv[b * a.N + n] = static_cast<float>(sum / 4);
    }
    std::copy_n(a.kv + b * a.N, a.N, a.cache + a.slot[b] * a.N);
  }
}

void TopkGolden(const broken::TopkArgs& a) {
  std::vector<int> order(static_cast<std::size_t>(a.N));
  for (int t = 0; t < a.T; ++t) {
    const float* score = a.score + t * a.N;
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int i, int j) { return score[i] > score[j]; });
    std::fill_n(a.indices + t * a.K, a.K, -1);
    std::copy_n(order.begin(), std::min(a.K, a.N), a.indices + t * a.K);
  }
}

}  // namespace tilesmith
