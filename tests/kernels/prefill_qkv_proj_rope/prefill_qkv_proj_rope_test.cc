#include "kernels/prefill_qkv_proj_rope/prefill_qkv_proj_rope.h"

#include <algorithm>
#include <cstddef>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/prefill_qkv_proj_rope/prefill_qkv_proj_rope_golden.h"
#include "kernels/qkv_proj_rope/qkv_proj_rope_golden.h"
#include "tests/kernels/qkv_proj_rope/qkv_case.h"

namespace kernels {
namespace {

template <int kChunk, int kBatches = 1>
struct Tiles {
  int PREFILL_QKV_TOKEN_CHUNK = kChunk, PREFILL_ROPE_BATCH_TILE = kBatches;
  int D_CHUNK = 48, ATTN_NORM_GROUP = 2, ATTN_RMS_PARTIALS = 2;
  int Q_LORA_CHUNK = 32, QR_NORM_GROUP = 2, QR_RMS_PARTIALS = 2;
  int KV_CHUNK = 32, KV_PROJ_GROUP = 3;
  int QUANT_CHUNK = 32, QUANT_APPLY_CHUNK = 48;
  int Q_PROJ_CHUNK = 36, Q_PROJ_OUT_CHUNK = 112, Q_PROJ_GROUP = 2, Q_PROJ_DEQUANT_GROUP = 3;
  int HEAD_CHUNK = 64, HEAD_GROUP = 8, ROPE_CHUNK = 32;
};

// A prompt of B·S tokens; scratch as the template wants it for one chunk of all of them.
struct Prompt {
  Prompt(int B, int S, int start_pos, int max_seq = 40)
      : base(B * S, 96, 99, 2),
        freqs_cos(Count(max_seq * 64)),
        freqs_sin(Count(max_seq * 64)),
        rope_cos(Count(B * S * 64)),
        rope_sin(Count(B * S * 64)) {
    std::mt19937_64 random(6);
    for (auto* table : {&freqs_cos, &freqs_sin}) {
      for (bf16& value : table->all()) value = golden::Bf16Rne(SmallValue(random));
    }
    const QkvProjRopeArgs& a = base.args;
    args = {a.x,
            a.norm_w,
            a.wq_a,
            a.wq_b,
            a.wq_b_scale,
            a.wkv,
            a.gamma_cq,
            a.gamma_ckv,
            freqs_cos.data(),
            freqs_sin.data(),
            a.q,
            a.kv,
            a.qr,
            a.qr_scale,
            rope_cos.data(),
            rope_sin.data(),
            a.x_f32,
            a.r,
            a.kv_f32,
            a.q_sums,
            a.q_f32,
            B,
            S,
            a.D,
            a.QL,
            a.H,
            max_seq,
            start_pos};
  }

  QkvOutputs Outputs(void (*kernel)(const PrefillQkvProjRopeArgs&)) {
    rope_cos.Poison();
    rope_sin.Poison();
    for (auto* floats : {&base.x_f32, &base.r, &base.kv_f32, &base.q_f32, &base.qr_scale}) {
      floats->Poison();
    }
    base.q.Poison();
    base.kv.Poison();
    base.qr.Poison();
    base.q_sums.Poison();
    kernel(args);
    return base.Written();
  }

  QkvCase base;
  Guarded<bf16> freqs_cos, freqs_sin, rope_cos, rope_sin;
  PrefillQkvProjRopeArgs args;
};

void ExpectSame(const QkvOutputs& actual, const QkvOutputs& expected) {
  EXPECT_EQ(actual.q, expected.q);
  EXPECT_EQ(actual.kv, expected.kv);
  EXPECT_EQ(actual.qr, expected.qr);
  EXPECT_EQ(actual.qr_scale, expected.qr_scale);
}

// kernels.md, appendix D.
TEST(PrefillQkvProjRope, AnyChunkOfTokensGivesTheSameBits) {
  Prompt prompt(1, 37, 2);
  const QkvOutputs whole = prompt.Outputs(&PrefillQkvProjRope<Tiles<128>{}>);
  ExpectSame(prompt.Outputs(&PrefillQkvProjRope<Tiles<1>{}>), whole);
  ExpectSame(prompt.Outputs(&PrefillQkvProjRope<Tiles<16>{}>), whole);
  ExpectSame(prompt.Outputs(&PrefillQkvProjRope<Tiles<32, 2>{}>), whole);
}

// Token b·S + s has the table's row start_pos + s, whatever its batch.
TEST(PrefillQkvProjRope, IsADecodeStepOfTheRowsAtItsPositions) {
  for (int start_pos : {0, 7, 35}) {
    Prompt prompt(3, 5, start_pos);
    const QkvOutputs golden = prompt.Outputs(&PrefillQkvProjRopeGolden);
    const QkvOutputs tiled = prompt.Outputs(&PrefillQkvProjRope<Tiles<4, 2>{}>);
    QkvCase& step = prompt.base;
    for (std::size_t t = 0; t < 15; ++t) {
      const std::size_t position = static_cast<std::size_t>(start_pos) + t % 5;
      std::copy_n(prompt.freqs_cos.begin() + position * 64, 64, step.cos.begin() + t * 64);
      std::copy_n(prompt.freqs_sin.begin() + position * 64, 64, step.sin.begin() + t * 64);
    }
    ExpectSame(golden, step.Outputs(&QkvProjRopeV1Golden));
    ExpectSame(tiled, step.Outputs(&QkvProjRopeV1<Tiles<1>{}>));
  }
}

}  // namespace
}  // namespace kernels
