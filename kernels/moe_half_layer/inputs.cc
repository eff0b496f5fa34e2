#include "kernels/moe_half_layer/inputs.h"

#include <cmath>
#include <cstdint>

#include "kernels/expert/inputs.h"
#include "kernels/moe_gate/inputs.h"

namespace kernels::moe_half_layer {
namespace {

// Deviations of kernels.md §10.1 belong to flash; at other sizes the sums are to be as large. Of
// W2, half: to the streams, of norm 1, the experts then add some tenths. A route that goes astray
// moves x_next by several times what its rule lets pass, one bf16 unit of ffn_out by less.
constexpr double kInDeviation = 1.71e-2 * 64;           // times 1/√D, which is 64 for flash
constexpr double kDownDeviation = 1.68e-2 / 2 * 45.25;  // times 1/√MI

double Shrunk(double deviation, std::int64_t inputs) {
  return deviation / std::sqrt(static_cast<double>(inputs));
}

}  // namespace

void FillCase(tilesmith::CaseInputs& inputs) {
  moe_gate::FillHash(inputs);
  const double in = Shrunk(kInDeviation, inputs.Dim("D"));
  const double down = Shrunk(kDownDeviation, inputs.Dim("MI"));
  expert::FillRoutedWeight(inputs, "routed_w1", in, 0.5);
  expert::FillRoutedWeight(inputs, "routed_w3", in, 0.5);
  expert::FillRoutedWeight(inputs, "routed_w2", down, 0.33);
  expert::FillSharedWeight(inputs, "shared_w1", in, 0.5);
  expert::FillSharedWeight(inputs, "shared_w3", in, 0.5);
  expert::FillSharedWeight(inputs, "shared_w2", down, 0.33);
}

}  // namespace kernels::moe_half_layer
