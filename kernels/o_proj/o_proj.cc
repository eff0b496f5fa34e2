// Registers o_proj.

#include "kernels/o_proj/o_proj.h"

#include <span>
#include <vector>

#include "kernels/golden/attention_fills.h"
#include "kernels/golden/fills.h"
#include "kernels/o_proj/attn_out_rule.h"
#include "kernels/o_proj/o_proj_golden.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

using Args = OProjArgs;
using tilesmith::Zeros;

struct Seed {
  int A_K_TILE = 256;
  int PROJ_A_MM_N_TILE = 128;
  int PA_NF_PER_BLOCK = 1;
  int QUANT_TOKEN_TILE = 8;
  int QUANT_TILE = 512;
  int NUM_QUANT_T_CHUNKS = 1;
  int B_K_TILE = 256;
  int PROJ_B_MM_N_TILE = 256;
  int PROJ_B_D_CHUNK = 1024;
  int PROJ_B_ACT_N_TILE = 512;
  int PROJ_B_ACT_TBLK = 8;
  int PROJ_B_ACT_T_TILE = 8;
};

void FillCase(tilesmith::CaseInputs& inputs) {
  golden::FillNormal(inputs, inputs.Get<bf16>("o"), 0.3);
  golden::FillProjection(inputs);
}

std::vector<bf16> InputO(const tilesmith::Outcome& outcome) {
  const std::span<const bf16> o = outcome.Input<bf16>("o");
  return {o.begin(), o.end()};
}

const auto* const registered =
    tilesmith::Kernel<Args>("o_proj")
        .Template("o_proj.h", "kernels::OProj", &OProj<Seed{}>)
        .Space("../../search_spaces/o_proj.toml")
        .Dim("T", &Args::T)
        .Dim("H", &Args::H)
        .Dim("D", &Args::D)
        .Dim("G", &Args::G)
        .Dim("O_LORA", &Args::O_LORA)
        .Input("o", &Args::o, {"T", "H", "512"}, Zeros())
        .ColdInput("wo_a", &Args::wo_a, {"G", "O_LORA", "H * 512 // G"}, Zeros())
        .ColdInput("wo_b", &Args::wo_b, {"D", "G * O_LORA"}, Zeros())
        .ColdInput("wo_b_scale", &Args::wo_b_scale, {"D"}, Zeros())
        .Prepare(&FillCase)
        .Output("attn_out", &Args::attn_out, {"T", "D"}, AttnOutRule(&InputO))
        .Scratch("a", &Args::a, {"T", "G", "O_LORA"})
        .Scratch("codes", &Args::codes, {"G * ceil_div(T, 8) * ceil_div(O_LORA, 64) * 512 + 63"})
        .Scratch("code_scale", &Args::code_scale, {"T", "G"})
        .Scratch("partial", &Args::partial, {"G * ceil_div(T, 8) * ceil_div(D, 16) * 128"})
        .Golden(&OProjGolden)
        .Flops("2 * T * O_LORA * (H * 512 + D * G)")
        .Bytes("2 * H * 512 * O_LORA + D * G * O_LORA + 4 * D + T * (2 * H * 512 + 2 * D)")
        .Register();

}  // namespace
}  // namespace kernels
