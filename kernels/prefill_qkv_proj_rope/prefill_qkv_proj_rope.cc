// Registers prefill_qkv_proj_rope.

#include "kernels/prefill_qkv_proj_rope/prefill_qkv_proj_rope.h"

#include <cstddef>

#include "kernels/prefill_qkv_proj_rope/prefill_qkv_proj_rope_golden.h"
#include "kernels/qkv_proj_rope/qkv_inputs.h"
#include "kernels/qkv_proj_rope/qkv_rules.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

using tilesmith::Normal;
using tilesmith::Zeros;
using Args = PrefillQkvProjRopeArgs;

struct Seed {
  int PREFILL_QKV_TOKEN_CHUNK = 64, PREFILL_ROPE_BATCH_TILE = 1;
  int D_CHUNK = 128, ATTN_NORM_GROUP = 4, ATTN_RMS_PARTIALS = 2;
  int Q_LORA_CHUNK = 32, QR_NORM_GROUP = 8, QR_RMS_PARTIALS = 2;
  int KV_CHUNK = 32, KV_PROJ_GROUP = 1;
  int QUANT_CHUNK = 32, QUANT_APPLY_CHUNK = 256;
  int Q_PROJ_CHUNK = 512, Q_PROJ_OUT_CHUNK = 128, Q_PROJ_GROUP = 8, Q_PROJ_DEQUANT_GROUP = 32;
  int HEAD_CHUNK = 64, HEAD_GROUP = 8, ROPE_CHUNK = 64;
};

constexpr int kStartPos = 128;  // where the generated prompts continue one

QkvAngles AnglesOf(const tilesmith::Outcome& outcome, std::size_t token) {
  const auto s = token % static_cast<std::size_t>(outcome.Dim("S"));
  const std::size_t position = static_cast<std::size_t>(outcome.Scalar("start_pos")) + s;
  const auto of = [&](const char* table) {
    return outcome.Input<bf16>(table).subspan(position * kQkvRopeDim).first<kQkvRopeDim / 2>();
  };
  return {of("freqs_cos"), of("freqs_sin")};
}

const auto* const registered =
    tilesmith::Kernel<Args>("prefill_qkv_proj_rope")
        .Contract("prefill_qkv_proj_rope", "V1")
        .Template("prefill_qkv_proj_rope.h", "kernels::PrefillQkvProjRope",
                  &PrefillQkvProjRope<Seed{}>)
        .Space("../../search_spaces/prefill_qkv_proj_rope.toml")
        .Dim("B", &Args::B)
        .Dim("S", &Args::S)
        .Dim("D", &Args::D)
        .Dim("QL", &Args::QL)
        .AlsoCalled("q_lora_rank")
        .Dim("H", &Args::H)
        .AlsoCalled("num_attention_heads")
        .Dim("MAX_SEQ", &Args::MAX_SEQ)
        .Scalar("start_pos", &Args::start_pos, kStartPos)
        .Input("x", &Args::x, {"B", "S", "D"}, Normal(1, -0.5))
        .Input("norm_w", &Args::norm_w, {"D"}, Normal(0.1, 1))
        .ColdInput("wq_a", &Args::wq_a, {"D", "QL"}, Zeros())
        .ColdInput("wq_b", &Args::wq_b, {"QL", "H * 512"}, Zeros())
        .ColdInput("wq_b_scale", &Args::wq_b_scale, {"H * 512"}, Zeros())
        .ColdInput("wkv", &Args::wkv, {"D", "512"}, Zeros())
        .Input("gamma_cq", &Args::gamma_cq, {"QL"}, Normal(0.1, 1))
        .Input("gamma_ckv", &Args::gamma_ckv, {"512"}, Normal(0.1, 1))
        .Input("freqs_cos", &Args::freqs_cos, {"MAX_SEQ", "64"}, tilesmith::Uniform(-1, 1))
        .Input("freqs_sin", &Args::freqs_sin, {"MAX_SEQ", "64"}, tilesmith::Uniform(-1, 1))
        .Prepare(&FillQkvWeights)
        .Output("q", &Args::q, {"B", "S", "H", "512"}, QueriesOfEmittedCodes(&AnglesOf))
        .Output("kv", &Args::kv, {"B", "S", "512"}, tilesmith::RatioAllClose(1e-4, 1.0 / 128))
        .Output("qr", &Args::qr, {"B", "S", "QL"}, tilesmith::Codes(1))
        .Output("qr_scale", &Args::qr_scale, {"B", "S", "1"}, tilesmith::AllClose(2.5e-5, 5e-3))
        .Scratch("rope_cos", &Args::rope_cos, {"B * S", "64"})
        .Scratch("rope_sin", &Args::rope_sin, {"B * S", "64"})
        .Scratch("x_f32", &Args::x_f32, {"B * S", "D"})
        .Scratch("r", &Args::r, {"B * S", "QL"})
        .Scratch("kv_f32", &Args::kv_f32, {"B * S", "512"})
        .Scratch("q_sums", &Args::q_sums, {"ceil_div(B * S, 8) * H * 4096"})
        .Scratch("q_f32", &Args::q_f32, {"B * S", "H * 512"})
        .Golden(&PrefillQkvProjRopeGolden)
        .Flops("2 * B * S * (D * QL + QL * H * 512 + D * 512)", tilesmith::DType::kI8)
        .Bytes(
            "2 * D * QL + QL * H * 512 + 2048 * H + 1024 * D + 4 * D + 128 * S"
            " + B * S * (2 * D + 1024 * H + 1024 + QL + 4)")
        .Register();

}  // namespace
}  // namespace kernels
