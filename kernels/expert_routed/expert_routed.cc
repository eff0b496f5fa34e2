// Registers expert_routed.

#include "kernels/expert_routed/expert_routed.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "kernels/expert/inputs.h"
#include "kernels/expert_routed/expert_routed_golden.h"
#include "kernels/golden/fills.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

using tilesmith::Zeros;

struct Seed {
  int RECV_TILE = 16;
  int MM_INTER_TILE = 256;
  int MM_GATE_INNER = 4;
  int K_TILE = 512;
  int INTER_K = 512;
  int ACT_INTER_TILE = 128;
  int ACT_GATE_INNER = 4;
  int QUANT_TILE = 256;
  int D_OUT_TILE = 256;
  int W2_INNER = 4;
  int D_OUT_TILE_ACT = 512;
  int W2_ACT_INNER = 2;
};

// Rows of expert e: on average 1.5, as 64 tokens with six routes over 256 experts have, two experts
// in eight idle; and one in 32 with half of all tokens.
std::int64_t Load(std::int64_t e, std::int64_t most) {
  constexpr std::array<std::int64_t, 8> kLoads = {2, 0, 1, 3, 1, 0, 4, 1};
  const std::int64_t load = e % 32 == 6 ? most / 2 + 1 : kLoads[static_cast<std::size_t>(e % 8)];
  return std::min(load, most);
}

void FillCase(tilesmith::CaseInputs& inputs) {
  golden::FillQuantisedRows(inputs, "recv_x", "recv_scale_dq");
  const std::span<std::int32_t> counts = inputs.Get<std::int32_t>("recv_expert_count");
  for (std::size_t e = 0; e < counts.size(); ++e) {
    counts[e] =
        static_cast<std::int32_t>(Load(static_cast<std::int64_t>(e), inputs.Dim("RECV_MAX")));
  }
  expert::FillRoutedWeight(inputs, "routed_w1", 1.71e-2, 0.5);
  expert::FillRoutedWeight(inputs, "routed_w3", 1.70e-2, 0.5);
  expert::FillRoutedWeight(inputs, "routed_w2", 1.68e-2, 0.33);
}

using Args = ExpertRoutedArgs;

// Loads as FillCase() deals them out, where RECV_MAX holds them: all rows, and the experts that have
// some. (E_LOC + 7 - r) // 8 experts have a number that leaves r.
const std::string kRows =
    "(2 * ((E_LOC + 7) // 8) + (E_LOC + 5) // 8 + 3 * ((E_LOC + 4) // 8) + (E_LOC + 3) // 8 + "
    "4 * ((E_LOC + 1) // 8) + E_LOC // 8 + (E_LOC + 25) // 32 * (RECV_MAX // 2 - 3))";
const std::string kActive = "(E_LOC - (E_LOC + 6) // 8 - (E_LOC + 2) // 8)";

const auto* const registered =
    tilesmith::Kernel<Args>("expert_routed")
        .Template("expert_routed.h", "kernels::ExpertRouted", &ExpertRouted<Seed{}>)
        .Space("../../search_spaces/expert_routed.toml")
        .Dim("E_LOC", &Args::E_LOC)
        .Dim("RECV_MAX", &Args::RECV_MAX)
        .Dim("D", &Args::D)
        .Dim("MI", &Args::MI)
        .Scalar("swiglu_limit", &Args::swiglu_limit, 10)
        .Input("recv_x", &Args::recv_x, {"E_LOC", "RECV_MAX", "D"}, Zeros())
        .Input("recv_scale_dq", &Args::recv_scale_dq, {"E_LOC", "RECV_MAX"}, Zeros())
        .Input("recv_weights", &Args::recv_weights, {"E_LOC", "RECV_MAX"},
               tilesmith::Uniform(0.05, 0.6))
        .Input("recv_expert_count", &Args::recv_expert_count, {"E_LOC", "1"}, Zeros())
        .ColdInput("routed_w1", &Args::routed_w1, {"E_LOC", "MI", "D"}, Zeros())
        .ColdInput("routed_w1_scale", &Args::routed_w1_scale, {"E_LOC", "MI"}, Zeros())
        .ColdInput("routed_w3", &Args::routed_w3, {"E_LOC", "MI", "D"}, Zeros())
        .ColdInput("routed_w3_scale", &Args::routed_w3_scale, {"E_LOC", "MI"}, Zeros())
        .ColdInput("routed_w2", &Args::routed_w2, {"E_LOC", "D", "MI"}, Zeros())
        .ColdInput("routed_w2_scale", &Args::routed_w2_scale, {"E_LOC", "D"}, Zeros())
        .Prepare(&FillCase)
        .Output("recv_y", &Args::recv_y, {"E_LOC", "RECV_MAX", "D"},
                tilesmith::RatioRelDiff(2e-3, 0.01))
        .Scratch("x_panels", &Args::x_panels,
                 {"E_LOC * ceil_div(RECV_MAX, 8) * ceil_div(D, 64) * 512 + 63"})
        .Scratch("gate", &Args::gate, {"E_LOC * ceil_div(RECV_MAX, 8) * ceil_div(MI, 16) * 128"})
        .Scratch("up", &Args::up, {"E_LOC * ceil_div(RECV_MAX, 8) * ceil_div(MI, 16) * 128"})
        .Scratch("h", &Args::h, {"E_LOC", "RECV_MAX", "MI"})
        .Scratch("h_panels", &Args::h_panels,
                 {"E_LOC * ceil_div(RECV_MAX, 8) * ceil_div(MI, 64) * 512 + 63"})
        .Scratch("h_scale", &Args::h_scale, {"E_LOC", "RECV_MAX"})
        .Scratch("down", &Args::down, {"E_LOC * ceil_div(RECV_MAX, 8) * ceil_div(D, 16) * 128"})
        .Scratch("active", &Args::active, {"E_LOC"})
        .Golden(&ExpertRoutedGolden)
        .Flops("6 * D * MI * " + kRows, tilesmith::DType::kI8)
        .Bytes(kActive + " * (3 * D * MI + 4 * (2 * MI + D)) + " + kRows + " * D + " +
               "2 * E_LOC * RECV_MAX * D")
        .Register();

}  // namespace
}  // namespace kernels
