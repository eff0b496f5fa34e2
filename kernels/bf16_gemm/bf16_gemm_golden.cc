#include "kernels/bf16_gemm/bf16_gemm_golden.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "kernels/golden/linear.h"

namespace kernels {
namespace {

void Gemm(const Bf16GemmArgs& a, golden::Layout layout) {
  const auto M = static_cast<std::size_t>(a.M), N = static_cast<std::size_t>(a.N);
  const auto K = static_cast<std::size_t>(a.K);
  const std::vector<float> y = golden::MatMul(golden::Widen(std::span(a.a, M * K)),
                                              std::span<const bf16>(a.w, N * K), K, layout);
  std::copy(y.begin(), y.end(), a.y);
}

}  // namespace

void Bf16GemmGolden(const Bf16GemmArgs& args) { Gemm(args, golden::Layout::kOutputFirst); }
void Bf16GemmKNGolden(const Bf16GemmArgs& args) { Gemm(args, golden::Layout::kInputFirst); }

}  // namespace kernels
