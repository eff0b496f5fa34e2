// Registers moe_combine (V2) and moe_combine_v1.

#include "kernels/moe_combine/moe_combine.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "kernels/moe_combine/moe_combine_golden.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

using tilesmith::AllClose;
using tilesmith::Normal;
using tilesmith::Uniform;
using tilesmith::Zeros;

struct Seed {
  int TOKENS_PER_TASK = 1;
  int D_TILE = 4096;
};

// Every expert takes each token at most once, and another number of them: two, none, one and three
// for each eight tokens, which is what six routes of each come to over 32 experts.
constexpr std::size_t kLoads[] = {2, 0, 1, 3};

void FillRoutes(tilesmith::CaseInputs& inputs) {
  const std::span<std::int32_t> count = inputs.Get<std::int32_t>("recv_expert_count");
  const std::span<std::int32_t> token = inputs.Get<std::int32_t>("recv_token");
  const auto rows = static_cast<std::size_t>(inputs.Dim("RECV_MAX"));
  std::vector<std::int32_t> order(static_cast<std::size_t>(inputs.Dim("T")));
  std::iota(order.begin(), order.end(), 0);
  const std::size_t most = std::min(rows, order.size());
  for (std::size_t e = 0; e < count.size(); ++e) {
    const std::size_t n = std::min(most, kLoads[e % 4] * ((order.size() + 7) / 8));
    count[e] = static_cast<std::int32_t>(n);
    for (std::size_t i = 0; i < n; ++i) {
      std::swap(order[i], order[i + inputs.Random() % (order.size() - i)]);
      token[e * rows + i] = order[i];
    }
  }
}

using Args = MoeCombineArgs;

// Outputs agree in every bit: the order of the sums is the contract. One bf16 unit is allowed to
// references that add otherwise.
const auto* const registered =
    tilesmith::Kernel<Args>("moe_combine")
        .Contract("moe_combine", "V2")
        .GoldenFiles({"combine"})
        .Template("moe_combine.h", "kernels::MoeCombine", &MoeCombine<Seed{}>)
        .Space("../../search_spaces/moe_combine.toml")
        .Dim("T", &Args::T)
        .Dim("D", &Args::D)
        .Dim("TOPK", &Args::TOPK)
        .Dim("active", &Args::active)
        .AlsoCalled("num_tokens")
        .Input("sh", &Args::sh, {"T", "D"}, Normal(1))
        .Input("routed_y", &Args::routed_y, {"T * TOPK", "D"}, Normal(0.3))
        .Output("ffn_out", &Args::ffn_out, {"T", "D"}, AllClose(1e-4, 1.0 / 128))
        .Golden(&MoeCombineGolden)
        .Flops("active * TOPK * D")
        .Bytes("T * D * 4 + active * TOPK * D * 2")
        .Register();

using V1Args = MoeCombineV1Args;

const auto* const registered_v1 =
    tilesmith::Kernel<V1Args>("moe_combine_v1")
        .Contract("moe_combine", "V1")
        .GoldenFiles({"combine"})
        .Template("moe_combine.h", "kernels::MoeCombineV1", &MoeCombineV1<Seed{}>)
        .Space("../../search_spaces/moe_combine_v1.toml")
        .Dim("T", &V1Args::T)
        .Dim("D", &V1Args::D)
        .Dim("E_LOC", &V1Args::E_LOC)
        .Dim("RECV_MAX", &V1Args::RECV_MAX)
        .Input("sh", &V1Args::sh, {"T", "D"}, Normal(1))
        .Input("recv_y", &V1Args::recv_y, {"E_LOC", "RECV_MAX", "D"}, Normal(1))
        .Input("recv_token", &V1Args::recv_token, {"E_LOC", "RECV_MAX"}, Zeros())
        .Input("recv_weights", &V1Args::recv_weights, {"E_LOC", "RECV_MAX"}, Uniform(0, 0.5))
        .Input("recv_expert_count", &V1Args::recv_expert_count, {"E_LOC", "1"}, Zeros())
        .Prepare(&FillRoutes)
        .Output("ffn_out", &V1Args::ffn_out, {"T", "D"}, AllClose(1e-4, 1.0 / 128))
        .Scratch("sums", &V1Args::sums, {"T", "D"})
        .Golden(&MoeCombineV1Golden)
        .Flops("2 * (3 * E_LOC * T // 16) * D")
        .Bytes("4 * T * D + 2 * (3 * E_LOC * T // 16) * D")
        .Register();

}  // namespace
}  // namespace kernels
