// Registers quantise_rows.

#include "kernels/quantise_rows/quantise_rows.h"

#include "kernels/quantise_rows/quantise_rows_golden.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

struct Seed {
  int T_TILE = 1;
  int QUANT_TILE = 256;
};

using Args = QuantiseRowsArgs;

const auto* const registered =
    tilesmith::Kernel<Args>("quantise_rows")
        .Template("quantise_rows.h", "kernels::QuantiseRows", &QuantiseRows<Seed{}>)
        .Space("../../search_spaces/quantise_rows.toml")
        .Dim("T", &Args::T)
        .Dim("N", &Args::N)
        .Input("v", &Args::v, {"T", "N"}, tilesmith::Normal(1))
        .Output("codes", &Args::codes, {"T", "N"}, tilesmith::Exact())
        .Output("scale", &Args::scale, {"T", "1"}, tilesmith::Exact())
        .Golden(&QuantiseRowsGolden)
        .Flops("4 * T * N")
        .Bytes("T * (5 * N + 4)")
        .Register();

}  // namespace
}  // namespace kernels
