#include "kernels/qkv_proj_rope/qkv_inputs.h"

#include <cmath>

#include "kernels/golden/fills.h"
#include "kernels/golden/rounding.h"

namespace kernels {

void FillQkvWeights(tilesmith::CaseInputs& inputs) {
  const double deviation = 1 / std::sqrt(static_cast<double>(inputs.Dim("D")));
  const auto offset = static_cast<float>(-0.5 * deviation);
  for (const char* name : {"wq_a", "wkv"}) {
    const auto weights = inputs.Get<tilesmith::bf16>(name);
    golden::FillNormal(inputs, weights, deviation);
    for (tilesmith::bf16& w : weights) w = golden::Bf16Rne(golden::ToFloat(w) + offset);
  }
  golden::FillWeight(inputs, "wq_b", 0.02, 0.3);
}

}  // namespace kernels
