// Registers qkv_proj_rope (V2) and qkv_proj_rope_v3.

#include "kernels/qkv_proj_rope/qkv_proj_rope.h"

#include "kernels/golden/fills.h"
#include "kernels/qkv_proj_rope/qkv_proj_rope_golden.h"
#include "kernels/qkv_proj_rope/qkv_rules.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

using tilesmith::Uniform;
using Args = QkvProjRopeArgs;

struct Seed {
  int QR_K_TILE = 256, KV_K_TILE = 256;
  int QR_OK = 2, KV_OK = 4;
  int QR_N_TILE = 128, KV_N_TILE = 128;
  int T_TILE = 8, KV_RMS_T_TILE = 8;
  int Q_LORA_TILE = 256, QUANT_TILE = 256, KV_TILE = 64;
  int Q_PROJ_TILE = 512, QPROJ_MM_N_TILE = 256;
  int DEQUANT_T_TILE = 8, Q_PROJ_OUT_TILE = 128;
  int Q_ROPE_T_TILE = 8, Q_ROPE_H_TILE = 2;
  int HEAD_TILE = 64, ROPE_TILE = 64;
};

struct SeedV3 : Seed {
  int QPROJ_TILES_PER_BLOCK = 4;
};

// Codes and scales of the query weight; the other inputs are independent.
void FillCase(tilesmith::CaseInputs& inputs) { golden::FillWeight(inputs, "wq_b", 0.02, 0.3); }

// Everything but the template, the golden and the rule of the codes.
tilesmith::Kernel<Args> Qkv(const char* name, const char* contract) {
  return tilesmith::Kernel<Args>(name)
      .Contract("qkv_proj_rope", contract)
      .Dim("T", &Args::T)
      .Dim("D", &Args::D)
      .Dim("QL", &Args::QL)
      .AlsoCalled("q_lora_rank")
      .Dim("H", &Args::H)
      .AlsoCalled("num_attention_heads")
      .Input("x", &Args::x, {"T", "D"}, Uniform(-1, 1))
      .ColdInput("wq_a", &Args::wq_a, {"D", "QL"}, Uniform(-0.1, 0.1))
      .ColdInput("wq_b", &Args::wq_b, {"QL", "H * 512"}, tilesmith::Zeros())
      .ColdInput("wq_b_scale", &Args::wq_b_scale, {"H * 512"}, tilesmith::Zeros())
      .ColdInput("wkv", &Args::wkv, {"D", "512"}, Uniform(-0.1, 0.1))
      .Input("gamma_cq", &Args::gamma_cq, {"QL"}, Uniform(-1, 1))
      .Input("gamma_ckv", &Args::gamma_ckv, {"512"}, Uniform(-1, 1))
      .Input("rope_cos", &Args::rope_cos, {"T", "64"}, Uniform(-1, 1))
      .Input("rope_sin", &Args::rope_sin, {"T", "64"}, Uniform(-1, 1))
      .Prepare(&FillCase)
      .Output("q", &Args::q, {"T", "H", "512"}, QueriesOfEmittedCodes(&AnglesOfRows))
      .Output("kv", &Args::kv, {"T", "512"}, tilesmith::RatioAllClose(1e-4, 1.0 / 128))
      .Output("qr_scale", &Args::qr_scale, {"T", "1"}, tilesmith::AllClose(2.5e-5, 5e-3))
      .Scratch("x_f32", &Args::x_f32, {"T", "D"})
      .Scratch("r", &Args::r, {"14", "T", "QL"})
      .Scratch("kv_f32", &Args::kv_f32, {"14", "T", "512"})
      .Scratch("q_sums", &Args::q_sums, {"ceil_div(T, 8) * H * 4096"})
      .Scratch("q_f32", &Args::q_f32, {"T", "H * 512"})
      .Flops("2 * T * (D * QL + QL * H * 512 + D * 512)", tilesmith::DType::kI8)
      .Bytes(
          "2 * D * QL + QL * H * 512 + 2048 * H + 1024 * D"
          " + T * (2 * D + 1024 * H + 1024 + QL + 4)");
}

const auto* const registered =
    Qkv("qkv_proj_rope", "V2")
        .Template("qkv_proj_rope.h", "kernels::QkvProjRope", &QkvProjRope<Seed{}>)
        .Space("../../search_spaces/qkv_proj_rope.toml")
        .Output("qr", &Args::qr, {"T", "QL"}, tilesmith::Codes(1))
        .Golden(&QkvProjRopeGolden)
        .Register();

// More tokens than any step has: golden files of the flash model name no number.
constexpr int kAllTokens = 1 << 20;

const auto* const registered_v3 =
    Qkv("qkv_proj_rope_v3", "V3")
        .Template("qkv_proj_rope.h", "kernels::QkvProjRopeV3", &QkvProjRopeV3<SeedV3{}>)
        .Space("../../search_spaces/qkv_proj_rope_v3.toml")
        .Scalar("num_tokens", &Args::num_tokens, kAllTokens)
        .Output("qr", &Args::qr, {"T", "QL"}, FewCodesFlip())
        .Golden(&QkvProjRopeV3Golden)
        .Register();

}  // namespace
}  // namespace kernels
