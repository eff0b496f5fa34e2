#include "kernels/int8_gemm/int8_gemm_golden.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/golden/linear.h"
#include "kernels/golden/rounding.h"

namespace kernels {
namespace {

void Gemm(const Int8GemmArgs& a, golden::Layout layout) {
  const auto M = static_cast<std::size_t>(a.M), N = static_cast<std::size_t>(a.N);
  const auto K = static_cast<std::size_t>(a.K);
  const std::vector<std::int32_t> sums =
      golden::MatMul(std::span<const std::int8_t>(a.a, M * K),
                     std::span<const std::int8_t>(a.w, N * K), K, layout);
  for (std::size_t i = 0; i < M * N; ++i) {
    a.y[i] = golden::Bf16Rne(golden::Dequantise(sums[i], a.a_scale[i / N], a.w_scale[i % N]));
  }
}

}  // namespace

void Int8GemmGolden(const Int8GemmArgs& args) { Gemm(args, golden::Layout::kOutputFirst); }
void Int8GemmKNGolden(const Int8GemmArgs& args) { Gemm(args, golden::Layout::kInputFirst); }

}  // namespace kernels
