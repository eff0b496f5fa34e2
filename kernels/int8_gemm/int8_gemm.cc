// Registers int8_gemm and int8_gemm_kn.

#include "kernels/int8_gemm/int8_gemm.h"

#include "kernels/golden/fills.h"
#include "kernels/int8_gemm/int8_gemm_golden.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

using tilesmith::Zeros;

struct Seed {
  int N_TILE = 256;
  int K_TILE = 512;
};

void FillCase(tilesmith::CaseInputs& inputs) {
  golden::FillQuantisedRows(inputs, "a", "a_scale");
  golden::FillWeight(inputs, "w", 1.7e-2, 0.5);
}

using Args = Int8GemmArgs;

// Everything but the template, the golden, the weight's shape and the panels.
tilesmith::Kernel<Args> Gemm(const char* name, const char* k, const char* n) {
  return tilesmith::Kernel<Args>(name)
      .Dim("M", &Args::M)
      .Dim("N", &Args::N)
      .Dim("K", &Args::K)
      .Input("a", &Args::a, {"M", "K"}, Zeros())
      .Input("a_scale", &Args::a_scale, {"M", "1"}, Zeros())
      .ColdInput("w", &Args::w, {k, n}, Zeros())
      .ColdInput("w_scale", &Args::w_scale, {"N"}, Zeros())
      .Prepare(&FillCase)
      .Output("y", &Args::y, {"M", "N"}, tilesmith::Exact())
      .Scratch("sums", &Args::sums, {"ceil_div(M, 8) * ceil_div(N, 16) * 128"})
      .Flops("2 * M * N * K", tilesmith::DType::kI8)
      .Bytes("N * K + 4 * (N + M) + M * (K + 2 * N)");
}

const auto* const registered =
    Gemm("int8_gemm", "N", "K")
        .Template("int8_gemm.h", "kernels::Int8Gemm", &Int8Gemm<Seed{}>)
        .Space("../../search_spaces/int8_gemm.toml")
        .Scratch("panels", &Args::panels, {"ceil_div(M, 8) * ceil_div(K, 64) * 512 + 63"})
        .Golden(&Int8GemmGolden)
        .Register();

const auto* const registered_kn =
    Gemm("int8_gemm_kn", "K", "N")
        .Template("int8_gemm.h", "kernels::Int8GemmKN", &Int8GemmKN<Seed{}>)
        .Space("../../search_spaces/int8_gemm_kn.toml")
        .Golden(&Int8GemmKNGolden)
        .Register();

}  // namespace
}  // namespace kernels
