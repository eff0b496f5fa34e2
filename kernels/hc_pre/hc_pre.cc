// Registers hc_pre (FP32 streams) and hc_pre_bf16.

#include "kernels/hc_pre/hc_pre.h"

#include <string>

#include "kernels/hc_pre/hc_pre_golden.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

using tilesmith::Normal;
using tilesmith::RatioAllClose;
using tilesmith::Values;

struct Seed {
  int T_TILE = 8;
  int COMB_T_TILE = 8;
  int RMS_K_CHUNK = 256;
  int LINEAR_K_CHUNK = 256;
  int D_CHUNK = 256;
  int D_SPMD = 1024;
  int LINEAR_OK = 4;
  int RMS_OK = 16;
};

struct Bf16Seed {
  int T_TILE = 8;
  int COMB_T_TILE = 8;
  int RMS_K_CHUNK = 512;
  int LINEAR_K_CHUNK = 256;
  int D_CHUNK = 512;
  int D_SPMD = 512;
  int CAST_K_SPMD = 2048;
  int LINEAR_OK = 16;
};

// Scales and biases of a trained layer, and the deviations about them (kernels.md §11.1).
template <typename Args>
tilesmith::Kernel<Args> Describe(const char* name, const char* contract, int stream_bytes) {
  tilesmith::Kernel<Args> kernel(name);
  kernel.Contract("hc_pre", contract)
      .Space("../../search_spaces/" + std::string(name) + ".toml")
      .Dim("T", &Args::T)
      .Dim("D", &Args::D)
      .Input("x", &Args::x, {"T", "4", "D"}, Normal(0.05))
      .ColdInput("hc_fn", &Args::hc_fn, {"24", "4 * D"}, Normal(0.0519))
      .Input("hc_scale", &Args::hc_scale, {"3"}, Values({.076099, .032597, .226994}))
      .Input("hc_base", &Args::hc_base, {"24"},
             Values({5.9166,  -3.6223, -2.9324, -3.3124, -3.91,   -.9384, -3.3256, -2.524,
                     2.0706,  -2.5728, .1424,   -3.9453, -3.8859, 3.4634, -3.3799, -2.6077,
                     -2.7191, -2.4846, 2.0395,  -.501,   -3.5992, -2.752, -3.3493, 3.1587}))
      .Output("x_mixed", &Args::x_mixed, {"T", "D"}, RatioAllClose(1e-4, 1.0 / 128))
      .Output("post", &Args::post, {"T", "4"}, RatioAllClose(2.5e-5, 5e-3))
      .Output("comb", &Args::comb, {"T", "16"}, RatioAllClose(2.5e-5, 5e-3))
      .Scratch("squares", &Args::squares, {"T", "64"})
      .Scratch("partials", &Args::partials, {"64", "T", "24"})
      .Scratch("mixes", &Args::mixes, {"24", "T"})
      .Scratch("pre", &Args::pre, {"4", "T"})
      .Flops("2 * T * 4 * D * 24 + 16 * T * D + T * 20 * 60")
      .Bytes("T * 4 * D * " + std::to_string(stream_bytes) + " + 24 * 4 * D * 4 + 2 * T * D + " +
             "80 * T");
  return kernel;
}

const auto* const registered = Describe<HcPreArgs>("hc_pre", "V3", 4)
                                   .Template("hc_pre.h", "kernels::HcPre", &HcPre<Seed{}>)
                                   .Golden(&HcPreGolden)
                                   .Register();

const auto* const registered_bf16 =
    Describe<HcPreBf16Args>("hc_pre_bf16", "V2", 2)
        .Template("hc_pre.h", "kernels::HcPreBf16", &HcPreBf16<Bf16Seed{}>)
        .Scratch("wide", &HcPreBf16Args::wide, {"T", "4 * D"})
        .Golden(&HcPreBf16Golden)
        .Register();

}  // namespace
}  // namespace kernels
