// Registers hc_post (FP32 streams), hc_post_prefill and hc_post_bf16.

#include "kernels/hc_post/hc_post.h"

#include <string>

#include "kernels/hc_post/hc_post_golden.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

using tilesmith::Normal;

struct Seed {
  int T_TILE = 4;
  int D_TILE = 512;
};

struct PrefillSeed {
  int T_TILE = 4;
  int D_TILE = 512;
  int INACTIVE_FILL_T_TILE = 16;
  int INACTIVE_FILL_D_TILE = 256;
};

// They differ in the stream's type and in the inactive tokens. post and comb are spread as hc_pre makes them: post
// below 2, the rows of comb summing to about 1.
template <typename Args>
tilesmith::Kernel<Args> Describe(const char* name, const char* contract, int stream_bytes) {
  tilesmith::Kernel<Args> kernel(name);
  kernel.Contract("hc_post", contract)
      .Space("../../search_spaces/" + std::string(name) + ".toml")
      .Dim("T", &Args::T)
      .Dim("D", &Args::D)
      .Input("x", &Args::x, {"T", "D"}, Normal(1))
      .Input("residual", &Args::residual, {"T", "4", "D"}, Normal(1))
      .Input("post", &Args::post, {"T", "4"}, tilesmith::Uniform(0, 2))
      .Input("comb", &Args::comb, {"T", "16"}, tilesmith::Uniform(0, 0.5))
      .Output("y", &Args::y, {"T", "4", "D"}, tilesmith::AllClose(1e-3, 1e-3))
      .Flops("36 * T * D")
      .Bytes("2 * T * D + 8 * T * D * " + std::to_string(stream_bytes) + " + 80 * T");
  return kernel;
}

const auto* const registered = Describe<HcPostArgs>("hc_post", "V3", 4)
                                   .Scalar("num_tokens", &HcPostArgs::num_tokens, -1)
                                   .Template("hc_post.h", "kernels::HcPost", &HcPost<Seed{}>)
                                   .Golden(&HcPostGolden)
                                   .Register();

// A contract of its own: files of V3 as such do not tell how many tokens are active.
const auto* const registered_prefill =
    Describe<HcPostArgs>("hc_post_prefill", "V3 prefill", 4)
        .Dim("num_tokens", &HcPostArgs::num_tokens)
        .Template("hc_post.h", "kernels::HcPostPrefill", &HcPostPrefill<PrefillSeed{}>)
        .Golden(&HcPostGolden)
        .Flops("36 * num_tokens * D")
        .Bytes("num_tokens * (2 * D + 16 * D + 80) + 16 * T * D")
        .Register();

const auto* const registered_bf16 =
    Describe<HcPostBf16Args>("hc_post_bf16", "V2", 2)
        .Template("hc_post.h", "kernels::HcPostBf16", &HcPostBf16<Seed{}>)
        .Golden(&HcPostBf16Golden)
        .Register();

}  // namespace
}  // namespace kernels
