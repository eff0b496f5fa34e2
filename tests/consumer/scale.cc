#include "scale.h"
#include "tuner/kernel.h"

void ScaleGolden(const ScaleArgs& args) {
  for (int i = 0; i < args.N; ++i) args.y[i] = args.x[i] + args.x[i];
}
struct Seed { int N_TILE = 256; };
const auto registered = tilesmith::Kernel<ScaleArgs>("scale")
    .Template("scale.h", "Scale", &Scale<Seed{}>)
    .Dim("N", &ScaleArgs::N)
    .Input("x", &ScaleArgs::x, {"N"}, tilesmith::Normal(1.0))
    .Output("y", &ScaleArgs::y, {"N"}, tilesmith::AllClose(1e-6, 1e-6))
    .Golden(&ScaleGolden).Flops("N").Bytes("8 * N").Register();
