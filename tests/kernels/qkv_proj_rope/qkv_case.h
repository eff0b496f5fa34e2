// Operands of qkv_proj_rope of one size, each ending where memory ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "kernels/golden/rounding.h"
#include "kernels/qkv_proj_rope/qkv_args.h"
#include "kernels/simd/int8_matmul.h"
#include "tests/kernels/guarded.h"

namespace kernels {

struct QkvOutputs {
  std::vector<float> q, kv, qr_scale;
  std::vector<std::int8_t> qr;
};

inline std::size_t Count(long n) { return static_cast<std::size_t>(n); }

struct QkvCase {
  QkvCase(int T, int D, int QL, int H, unsigned seed = 1)
      : x(Count(T * D)),
        wq_a(Count(D * QL)),
        wkv(Count(D * 512)),
        gamma_cq(Count(QL)),
        gamma_ckv(512),
        cos(Count(T * 64)),
        sin(Count(T * 64)),
        wq_b(Count(QL * H * 512)),
        wq_b_scale(Count(H * 512)),
        norm_w(Count(D)),
        q(Count(T * H * 512)),
        kv(Count(T * 512)),
        qr(Count(T * QL)),
        qr_scale(Count(T)),
        x_f32(Count(T * D)),
        r(Count(kQkvMaxSplits * T * QL)),
        kv_f32(Count(kQkvMaxSplits * T * 512)),
        q_f32(Count(T * H * 512)),
        q_sums(Count(simd::SumsSize(T, H * 512))) {
    std::mt19937_64 random(seed);
    for (auto* values : {&x, &wq_a, &wkv, &gamma_cq, &gamma_ckv, &cos, &sin}) {
      for (bf16& value : values->all()) value = golden::Bf16Rne(SmallValue(random));
    }
    for (std::int8_t& code : wq_b.all()) code = static_cast<std::int8_t>(random());
    for (auto* values : {&wq_b_scale, &norm_w}) {
      for (float& value : values->all()) value = 1.5f + SmallValue(random);
    }
    args = {x.data(),
            wq_a.data(),
            wq_b.data(),
            wq_b_scale.data(),
            wkv.data(),
            gamma_cq.data(),
            gamma_ckv.data(),
            cos.data(),
            sin.data(),
            norm_w.data(),
            q.data(),
            kv.data(),
            qr.data(),
            qr_scale.data(),
            x_f32.data(),
            r.data(),
            kv_f32.data(),
            q_sums.data(),
            q_f32.data(),
            T,
            D,
            QL,
            H,
            T};
  }

  QkvOutputs Outputs(void (*kernel)(const QkvProjRopeArgs&)) {
    for (auto* floats : {&qr_scale, &x_f32, &r, &kv_f32, &q_f32}) floats->Poison();
    q.Poison();
    kv.Poison();
    qr.Poison();
    q_sums.Poison();
    kernel(args);
    return Written();
  }

  QkvOutputs Written() {
    QkvOutputs outputs;
    for (bf16 value : q.all()) outputs.q.push_back(golden::ToFloat(value));
    for (bf16 value : kv.all()) outputs.kv.push_back(golden::ToFloat(value));
    outputs.qr.assign(qr.begin(), qr.end());
    outputs.qr_scale.assign(qr_scale.begin(), qr_scale.end());
    return outputs;
  }

  Guarded<bf16> x, wq_a, wkv, gamma_cq, gamma_ckv, cos, sin;
  Guarded<std::int8_t> wq_b;
  Guarded<float> wq_b_scale, norm_w;
  Guarded<bf16> q, kv;
  Guarded<std::int8_t> qr;
  Guarded<float> qr_scale, x_f32, r, kv_f32, q_f32;
  Guarded<int> q_sums;
  QkvProjRopeArgs args;
};

}  // namespace kernels
