// Registers moe_gate (V2) and moe_gate_v3.

#include "kernels/moe_gate/moe_gate.h"

#include <string>

#include "kernels/moe_gate/inputs.h"
#include "kernels/moe_gate/moe_gate_golden.h"
#include "kernels/moe_gate/moe_gate_rules.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

using tilesmith::AllClose;
using tilesmith::Codes;
using tilesmith::Normal;
using tilesmith::Zeros;

struct Seed {
  int T_TILE = 8;
  int GATE_T_TILE = 8;
  int GATE_N_TILE = 16;
  int D_TILE = 256;
  int GATE_D_TILE = 256;
  int QUANT_TILE = 256;
};

// What both contracts share; a router row of norm about 1.3 makes logits of about that size.
template <typename Args>
tilesmith::Kernel<Args> Describe(const char* name, const char* contract) {
  tilesmith::Kernel<Args> kernel(name);
  kernel.Contract("moe_gate", contract)
      .GoldenFiles({"gate"})
      .Space("../../search_spaces/" + std::string(name) + ".toml")
      .Dim("T", &Args::T)
      .Dim("D", &Args::D)
      .Dim("E", &Args::E)
      .Dim("TOPK", &Args::TOPK)
      .Dim("VOCAB", &Args::VOCAB)
      .Dim("layer_id", &Args::layer_id)
      .Dim("num_tokens", &Args::num_tokens)
      .Scalar("num_hash_layers", &Args::num_hash_layers, 3)
      .Scalar("route_scale", &Args::route_scale, 1.5)
      .AlsoCalled("routed_scaling_factor")
      .Input("x_mixed", &Args::x_mixed, {"T", "D"}, Normal(1))
      .Input("norm_w", &Args::norm_w, {"D"}, Normal(0.1, 1))
      .ColdInput("gate_w", &Args::gate_w, {"E", "D"}, Normal(0.02))
      .Input("gate_bias", &Args::gate_bias, {"E"}, Normal(0.05))
      .Input("tid2eid", &Args::tid2eid, {"VOCAB", "TOPK"}, Zeros())
      .Input("input_ids", &Args::input_ids, {"T"}, Zeros())
      .Prepare(&moe_gate::FillHash)
      .Output("indices", &Args::indices, {"T", "TOPK"}, RoutedIds<Args>())
      .Scratch("scores", &Args::scores, {"T", "E"})
      .Scratch("inverse_rms", &Args::inverse_rms, {"T"})
      .Flops("2 * num_tokens * D * E + 6 * T * D");
  return kernel;
}

const auto* const registered =
    Describe<MoeGateArgs>("moe_gate", "V2")
        .Template("moe_gate.h", "kernels::MoeGate", &MoeGate<Seed{}>)
        .Output("x_norm", &MoeGateArgs::x_norm, {"T", "D"},
                tilesmith::RatioAllClose(1e-3, 1.0 / 128))
        .Output("x_norm_i8", &MoeGateArgs::x_norm_i8, {"T", "D"}, Codes(1, 0.001))
        .Output("x_norm_scale", &MoeGateArgs::x_norm_scale, {"T", "1"}, AllClose(1e-3, 1e-3))
        .Output("weights", &MoeGateArgs::weights, {"T", "TOPK"},
                RoutedWeights<MoeGateArgs>(1e-3, 1e-3))
        .Golden(&MoeGateGolden)
        .Bytes("4 * E * D + T * (5 * D + 60)")
        .Register();

const auto* const registered_v3 =
    Describe<MoeGateV3Args>("moe_gate_v3", "V3")
        .Template("moe_gate.h", "kernels::MoeGateV3", &MoeGateV3<Seed{}>)
        .Scratch("weighted", &MoeGateV3Args::x_norm, {"T", "D"})
        .Output("x_norm_i8", &MoeGateV3Args::x_norm_i8, {"T", "D"}, Codes(1, 0.005))
        .Output("x_norm_scale", &MoeGateV3Args::x_norm_scale, {"T", "1"}, AllClose(2.5e-5, 5e-3))
        .Output("weights", &MoeGateV3Args::weights, {"T", "TOPK"},
                RoutedWeights<MoeGateV3Args>(2e-5, 0))
        .Golden(&MoeGateV3Golden)
        .Bytes("4 * E * D + T * (3 * D + 60)")
        .Register();

}  // namespace
}  // namespace kernels
