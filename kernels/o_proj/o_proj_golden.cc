#include "kernels/o_proj/o_proj_golden.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/golden/linear.h"
#include "kernels/golden/rounding.h"

namespace kernels {
namespace {

std::size_t Size(int n) { return static_cast<std::size_t>(n); }

std::size_t GroupIn(const OProjArgs& a) { return Size(a.H) / Size(a.G) * 512; }

// o of one group's heads as floats, [T, H/G·512].
std::vector<float> GroupInputs(const OProjArgs& a, std::size_t g) {
  const std::size_t inner = GroupIn(a);
  std::vector<float> inputs;
  inputs.reserve(Size(a.T) * inner);
  for (std::size_t t = 0; t < Size(a.T); ++t) {
    const std::span row(a.o + (t * Size(a.G) + g) * inner, inner);
    for (bf16 value : row) inputs.push_back(golden::ToFloat(value));
  }
  return inputs;
}

// wo_b's columns of one group, [D, O_LORA].
std::vector<std::int8_t> GroupWeights(const OProjArgs& a, std::size_t g) {
  const std::size_t lora = Size(a.O_LORA);
  std::vector<std::int8_t> weights;
  weights.reserve(Size(a.D) * lora);
  for (std::size_t d = 0; d < Size(a.D); ++d) {
    const std::int8_t* row = a.wo_b + (d * Size(a.G) + g) * lora;
    weights.insert(weights.end(), row, row + lora);
  }
  return weights;
}

}  // namespace

GroupCodes OProjGroupCodes(const OProjArgs& a, int group) {
  const std::size_t g = Size(group), inner = GroupIn(a), lora = Size(a.O_LORA);
  const std::span weights(a.wo_a + g * lora * inner, lora * inner);
  // FP64 sums, rounded once to FP32.
  const std::vector<float> projected =
      golden::MatMul(GroupInputs(a, g), weights, inner, golden::Layout::kOutputFirst);
  GroupCodes made{std::vector<std::int8_t>(projected.size()), std::vector<float>(Size(a.T))};
  for (std::size_t t = 0; t < Size(a.T); ++t) {
    // P2 over the group's values only, not over the whole row.
    made.scales[t] = golden::QuantiseRow(std::span(projected).subspan(t * lora, lora),
                                         made.codes.data() + t * lora);
  }
  return made;
}

void OProjGolden(const OProjArgs& a) {
  const std::size_t T = Size(a.T), D = Size(a.D);
  std::vector<float> out(T * D, 0.0f);
  for (int g = 0; g < a.G; ++g) {
    const GroupCodes group = OProjGroupCodes(a, g);
    const std::vector<std::int32_t> sums = golden::MatMul(
        group.codes, GroupWeights(a, Size(g)), Size(a.O_LORA), golden::Layout::kOutputFirst);
    for (std::size_t t = 0; t < T; ++t) {
      for (std::size_t d = 0; d < D; ++d) {
        // The integer rounds to FP32, then its product with the group's scale, then the sum.
        const float term = static_cast<float>(sums[t * D + d]) * group.scales[t];
        out[t * D + d] = out[t * D + d] + term;
      }
    }
  }
  for (std::size_t t = 0; t < T; ++t) {
    for (std::size_t d = 0; d < D; ++d) {
      a.attn_out[t * D + d] = golden::Bf16Rne(out[t * D + d] * a.wo_b_scale[d]);
    }
  }
}

}  // namespace kernels
