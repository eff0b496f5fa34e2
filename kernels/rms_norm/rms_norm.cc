// Registers rms_norm.

#include "kernels/rms_norm/rms_norm.h"

#include "kernels/rms_norm/rms_norm_golden.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

using tilesmith::Normal;

struct Seed {
  int D_TILE = 128;
  int T_TILE = 8;
  int RMS_D_SPLIT = 4;
};

// V2 and V3 alike. Distributions of kernels.md §13.1.
const auto* const registered = tilesmith::Kernel<RmsNormArgs>("rms_norm")
                                   .Template("rms_norm.h", "kernels::RmsNorm", &RmsNorm<Seed{}>)
                                   .Space("../../search_spaces/rms_norm.toml")
                                   .Dim("T", &RmsNormArgs::T)
                                   .Dim("D", &RmsNormArgs::D)
                                   .Input("x", &RmsNormArgs::x, {"T", "D"}, Normal(1, -0.5))
                                   .Input("norm_w", &RmsNormArgs::norm_w, {"D"}, Normal(0.1, 1))
                                   .Output("x_normed", &RmsNormArgs::x_normed, {"T", "D"},
                                           tilesmith::RatioAllClose(1e-4, 1.0 / 128))
                                   .Golden(&RmsNormGolden)
                                   .Flops("4 * T * D")
                                   .Bytes("4 * T * D + 2 * D")
                                   .Register();

}  // namespace
}  // namespace kernels
