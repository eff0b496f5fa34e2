// Registers hadamard.

#include "kernels/hadamard/hadamard.h"

#include <bit>
#include <cmath>
#include <cstddef>
#include <span>

#include "kernels/golden/fills.h"
#include "kernels/golden/rounding.h"
#include "kernels/hadamard/hadamard_golden.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

struct Seed {
  int QH_MM_TILE = 64;
  int HEAD_DIM_TILE = 32;
  int QH_HEAD_DIM_TILE = 64;
};

// Sylvester's matrix or a random one, by turns of the seed, times N^-1/2.
void FillMatrix(tilesmith::CaseInputs& inputs) {
  const std::span<bf16> matrix = inputs.Get<bf16>("hadamard");
  const auto N = static_cast<std::size_t>(inputs.Dim("N"));
  const double unit = 1 / std::sqrt(static_cast<double>(N));
  if (!std::has_single_bit(N) || inputs.Random() % 2 == 0) {
    golden::FillNormal(inputs, matrix, unit);
    return;
  }
  for (std::size_t i = 0; i < matrix.size(); ++i) {
    const bool negative = std::popcount(i / N & i % N) % 2 == 1;
    matrix[i] = golden::Bf16Rne(static_cast<float>(negative ? -unit : unit));
  }
}

using Args = HadamardArgs;

const auto* const registered =
    tilesmith::Kernel<Args>("hadamard")
        .Template("hadamard.h", "kernels::Hadamard", &Hadamard<Seed{}>)
        .Space("../../search_spaces/hadamard.toml")
        .Dim("ROWS", &Args::ROWS)
        .Dim("N", &Args::N)
        .Input("x", &Args::x, {"ROWS", "N"}, tilesmith::Normal(1))
        .Input("hadamard", &Args::hadamard, {"N", "N"}, tilesmith::Zeros())
        .Prepare(&FillMatrix)
        .Output("y", &Args::y, {"ROWS", "N"}, tilesmith::RatioAllClose(1e-4, 1.0 / 128, 0))
        .Scratch("rounded", &Args::rounded, {"ROWS", "N"})
        .Golden(&HadamardGolden)
        .Flops("2 * ROWS * N * N")
        .Bytes("8 * ROWS * N + 2 * N * N")
        .Register();

}  // namespace
}  // namespace kernels
