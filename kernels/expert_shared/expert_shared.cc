// Registers expert_shared.

#include "kernels/expert_shared/expert_shared.h"

#include "kernels/expert/inputs.h"
#include "kernels/expert_shared/expert_shared_golden.h"
#include "kernels/golden/fills.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

using tilesmith::Zeros;

struct Seed {
  int MM_INTER_TILE = 256;
  int K_TILE = 512;
  int INTER_K = 512;
  int ACT_INTER_TILE = 128;
  int ACT_GATE_INNER = 4;
  int QUANT_TILE = 256;
  int D_OUT_TILE = 256;
  int D_OUT_TILE_ACT = 512;
  int W2_ACT_INNER = 2;
};

// Deviations and spreads of kernels.md §10.1.
void FillCase(tilesmith::CaseInputs& inputs) {
  golden::FillQuantisedRows(inputs, "x_local_i8", "x_local_scale_dq");
  expert::FillSharedWeight(inputs, "shared_w1", 1.71e-2, 0.5);
  expert::FillSharedWeight(inputs, "shared_w3", 1.70e-2, 0.5);
  expert::FillSharedWeight(inputs, "shared_w2", 1.68e-2, 0.33);
}

using Args = ExpertSharedArgs;

const auto* const registered =
    tilesmith::Kernel<Args>("expert_shared")
        .Template("expert_shared.h", "kernels::ExpertShared", &ExpertShared<Seed{}>)
        .Space("../../search_spaces/expert_shared.toml")
        .Dim("T", &Args::T)
        .Dim("D", &Args::D)
        .Dim("MI", &Args::MI)
        .Scalar("swiglu_limit", &Args::swiglu_limit, 10)
        .Input("x_local_i8", &Args::x_local_i8, {"T", "D"}, Zeros())
        .Input("x_local_scale_dq", &Args::x_local_scale_dq, {"T", "1"}, Zeros())
        .ColdInput("shared_w1", &Args::shared_w1, {"MI", "D"}, Zeros())
        .ColdInput("shared_w1_scale", &Args::shared_w1_scale, {"MI"}, Zeros())
        .ColdInput("shared_w3", &Args::shared_w3, {"MI", "D"}, Zeros())
        .ColdInput("shared_w3_scale", &Args::shared_w3_scale, {"MI"}, Zeros())
        .ColdInput("shared_w2", &Args::shared_w2, {"D", "MI"}, Zeros())
        .ColdInput("shared_w2_scale", &Args::shared_w2_scale, {"D"}, Zeros())
        .Prepare(&FillCase)
        .Output("sh", &Args::sh, {"T", "D"}, tilesmith::RatioRelDiff(2e-3, 0.01))
        .Scratch("x_panels", &Args::x_panels, {"ceil_div(T, 8) * ceil_div(D, 64) * 512 + 63"})
        .Scratch("gate", &Args::gate, {"ceil_div(T, 8) * ceil_div(MI, 16) * 128"})
        .Scratch("up", &Args::up, {"ceil_div(T, 8) * ceil_div(MI, 16) * 128"})
        .Scratch("h", &Args::h, {"T", "MI"})
        .Scratch("h_panels", &Args::h_panels, {"ceil_div(T, 8) * ceil_div(MI, 64) * 512 + 63"})
        .Scratch("h_scale", &Args::h_scale, {"T"})
        .Scratch("down", &Args::down, {"ceil_div(T, 8) * ceil_div(D, 16) * 128"})
        .Golden(&ExpertSharedGolden)
        .Flops("6 * T * D * MI", tilesmith::DType::kI8)
        .Bytes("3 * D * MI + 4 * (2 * MI + D) + T * (3 * D + 4)")
        .Register();

}  // namespace
}  // namespace kernels
