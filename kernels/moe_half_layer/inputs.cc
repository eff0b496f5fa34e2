#include "kernels/moe_half_layer/inputs.h"

#include "kernels/expert/inputs.h"
#include "kernels/moe_gate/inputs.h"

namespace kernels::moe_half_layer {

// Deviations and spreads of kernels.md §10.1.
void FillCase(tilesmith::CaseInputs& inputs) {
  moe_gate::FillHash(inputs);
  expert::FillRoutedWeight(inputs, "routed_w1", 1.71e-2, 0.5);
  expert::FillRoutedWeight(inputs, "routed_w3", 1.70e-2, 0.5);
  expert::FillRoutedWeight(inputs, "routed_w2", 1.68e-2, 0.33);
  expert::FillSharedWeight(inputs, "shared_w1", 1.71e-2, 0.5);
  expert::FillSharedWeight(inputs, "shared_w3", 1.70e-2, 0.5);
  expert::FillSharedWeight(inputs, "shared_w2", 1.68e-2, 0.33);
}

}  // namespace kernels::moe_half_layer
