// Registers qkv_proj_rope_v1.

#include "kernels/qkv_proj_rope/qkv_proj_rope_v1.h"

#include "kernels/qkv_proj_rope/qkv_inputs.h"
#include "kernels/qkv_proj_rope/qkv_proj_rope_golden.h"
#include "kernels/qkv_proj_rope/qkv_rules.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

using tilesmith::Normal;
using tilesmith::Zeros;
using Args = QkvProjRopeArgs;

struct Seed {
  int D_CHUNK = 128, ATTN_NORM_GROUP = 4, ATTN_RMS_PARTIALS = 2;
  int Q_LORA_CHUNK = 32, QR_NORM_GROUP = 8, QR_RMS_PARTIALS = 2;
  int KV_CHUNK = 32, KV_PROJ_GROUP = 1;
  int QUANT_CHUNK = 32, QUANT_APPLY_CHUNK = 256;
  int Q_PROJ_CHUNK = 512, Q_PROJ_OUT_CHUNK = 128, Q_PROJ_GROUP = 8, Q_PROJ_DEQUANT_GROUP = 32;
  int HEAD_CHUNK = 64, HEAD_GROUP = 8, ROPE_CHUNK = 64;
};

const auto* const registered =
    tilesmith::Kernel<Args>("qkv_proj_rope_v1")
        .Contract("qkv_proj_rope", "V1")
        .Template("qkv_proj_rope_v1.h", "kernels::QkvProjRopeV1", &QkvProjRopeV1<Seed{}>)
        .Space("../../search_spaces/qkv_proj_rope_v1.toml")
        .Dim("T", &Args::T)
        .Dim("D", &Args::D)
        .Dim("QL", &Args::QL)
        .AlsoCalled("q_lora_rank")
        .Dim("H", &Args::H)
        .AlsoCalled("num_attention_heads")
        .Input("x", &Args::x, {"T", "D"}, Normal(1, -0.5))
        .Input("norm_w", &Args::norm_w, {"D"}, Normal(0.1, 1))
        .ColdInput("wq_a", &Args::wq_a, {"D", "QL"}, Zeros())
        .ColdInput("wq_b", &Args::wq_b, {"QL", "H * 512"}, Zeros())
        .ColdInput("wq_b_scale", &Args::wq_b_scale, {"H * 512"}, Zeros())
        .ColdInput("wkv", &Args::wkv, {"D", "512"}, Zeros())
        .Input("gamma_cq", &Args::gamma_cq, {"QL"}, Normal(0.1, 1))
        .Input("gamma_ckv", &Args::gamma_ckv, {"512"}, Normal(0.1, 1))
        .Input("rope_cos", &Args::rope_cos, {"T", "64"}, tilesmith::Uniform(-1, 1))
        .Input("rope_sin", &Args::rope_sin, {"T", "64"}, tilesmith::Uniform(-1, 1))
        .Prepare(&FillQkvWeights)
        .Output("q", &Args::q, {"T", "H", "512"}, QueriesOfEmittedCodes(&AnglesOfRows))
        .Output("kv", &Args::kv, {"T", "512"}, tilesmith::RatioAllClose(1e-4, 1.0 / 128))
        .Output("qr", &Args::qr, {"T", "QL"}, tilesmith::Codes(1))
        .Output("qr_scale", &Args::qr_scale, {"T", "1"}, tilesmith::AllClose(2.5e-5, 5e-3))
        .Scratch("x_f32", &Args::x_f32, {"T", "D"})
        .Scratch("r", &Args::r, {"T", "QL"})
        .Scratch("kv_f32", &Args::kv_f32, {"T", "512"})
        .Scratch("q_sums", &Args::q_sums, {"ceil_div(T, 8) * H * 4096"})
        .Scratch("q_f32", &Args::q_f32, {"T", "H * 512"})
        .Golden(&QkvProjRopeV1Golden)
        .Flops("2 * T * (D * QL + QL * H * 512 + D * 512)", tilesmith::DType::kI8)
        .Bytes(
            "2 * D * QL + QL * H * 512 + 2048 * H + 1024 * D + 4 * D"
            " + T * (2 * D + 1024 * H + 1024 + QL + 4)")
        .Register();

}  // namespace
}  // namespace kernels
