// Registers bf16_gemm and bf16_gemm_kn.

#include "kernels/bf16_gemm/bf16_gemm.h"

#include <cmath>

#include "kernels/bf16_gemm/bf16_gemm_golden.h"
#include "kernels/golden/fills.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

struct Seed {
  int M_TILE = 8;
  int N_TILE = 128;
  int K_TILE = 256;
};

// Weights that leave an output about as large as an input.
void FillCase(tilesmith::CaseInputs& inputs) {
  golden::FillNormal(inputs, inputs.Get<bf16>("a"), 1);
  golden::FillNormal(inputs, inputs.Get<bf16>("w"),
                     1 / std::sqrt(static_cast<double>(inputs.Dim("K"))));
}

using Args = Bf16GemmArgs;

// Everything but the template, the golden and the weight's shape.
tilesmith::Kernel<Args> Gemm(const char* name, const char* k, const char* n) {
  return tilesmith::Kernel<Args>(name)
      .Dim("M", &Args::M)
      .Dim("N", &Args::N)
      .Dim("K", &Args::K)
      .Input("a", &Args::a, {"M", "K"}, tilesmith::Zeros())
      .ColdInput("w", &Args::w, {k, n}, tilesmith::Zeros())
      .Prepare(&FillCase)
      .Output("y", &Args::y, {"M", "N"}, tilesmith::AllClose(1e-3, 1e-3))
      .Flops("2 * M * N * K", tilesmith::DType::kBf16)
      .Bytes("2 * N * K + 2 * M * K + 4 * M * N");
}

const auto* const registered = Gemm("bf16_gemm", "N", "K")
                                   .Template("bf16_gemm.h", "kernels::Bf16Gemm", &Bf16Gemm<Seed{}>)
                                   .Space("../../search_spaces/bf16_gemm.toml")
                                   .Golden(&Bf16GemmGolden)
                                   .Register();

const auto* const registered_kn =
    Gemm("bf16_gemm_kn", "K", "N")
        .Template("bf16_gemm.h", "kernels::Bf16GemmKN", &Bf16GemmKN<Seed{}>)
        .Space("../../search_spaces/bf16_gemm_kn.toml")
        .Golden(&Bf16GemmKNGolden)
        .Register();

}  // namespace
}  // namespace kernels
