#include "kernels/moe_half_layer/inputs.h"

#include "kernels/expert/inputs.h"
#include "kernels/moe_gate/inputs.h"

namespace kernels::moe_half_layer {

namespace {

// Of W2, a quarter of the model's: to the streams, of norm 1, the experts then add some tenths. A
// route that goes astray moves x_next by several times what its rule lets pass, one bf16 unit of
// ffn_out by less.
constexpr double kDownDeviation = 4.2e-3;

}  // namespace

// Other deviations and spreads of kernels.md §10.1.
void FillCase(tilesmith::CaseInputs& inputs) {
  moe_gate::FillHash(inputs);
  expert::FillRoutedWeight(inputs, "routed_w1", 1.71e-2, 0.5);
  expert::FillRoutedWeight(inputs, "routed_w3", 1.70e-2, 0.5);
  expert::FillRoutedWeight(inputs, "routed_w2", kDownDeviation, 0.33);
  expert::FillSharedWeight(inputs, "shared_w1", 1.71e-2, 0.5);
  expert::FillSharedWeight(inputs, "shared_w3", 1.70e-2, 0.5);
  expert::FillSharedWeight(inputs, "shared_w2", kDownDeviation, 0.33);
}

}  // namespace kernels::moe_half_layer
