// Registrations of V0: operands under the names of kernels.md's tables.
#pragma once

#include <string>

#include "kernels/compressor/args.h"
#include "kernels/compressor/inputs.h"
#include "kernels/compressor/rules.h"
#include "tuner/kernel.h"

namespace kernels::compressor {

/// V0 of the kernel `name`, but for its template. Every batch ends a window, or none does: position
/// start_pos is the problem's.
template <typename Shape>
tilesmith::Kernel<ContiguousArgs<Shape>> DescribeContiguous(const std::string& name,
                                                            const std::string& cache,
                                                            const char* file = __builtin_FILE()) {
  using Args = ContiguousArgs<Shape>;
  const std::string head = std::to_string(Shape::kHeadDim), out = std::to_string(kOutDim<Shape>);
  const std::string ratio = std::to_string(Shape::kRatio), slots = std::to_string(kSlots<Shape>);
  tilesmith::Kernel<Args> kernel(name, file);
  kernel.Dim("B", &Args::B)
      .Dim("S", &Args::S)
      .Dim("D", &Args::D)
      .Dim("CACHE_LEN", &Args::CACHE_LEN)
      .Dim("start_pos", &Args::start_pos)
      .Scalar("rotate", &Args::rotate, 1)
      .Input("x", &Args::x, {"B", "S", "D"}, Zeros())
      .InOut("kv_state", &Args::kv_state, {"B", slots, out}, tilesmith::Normal(1), V0Rule())
      .InOut("score_state", &Args::score_state, {"B", slots, out}, tilesmith::Normal(1), V0Rule())
      .ColdInput("wkv", &Args::wkv, {"D", out}, Zeros())
      .ColdInput("wgate", &Args::wgate, {"D", out}, Zeros())
      .Input("ape", &Args::ape, {ratio, out}, Zeros())
      .Input("norm_w", &Args::norm_w, {head}, tilesmith::Normal(0.261, 0.685))
      .Input("cos", &Args::cos, {"1", "32"}, Zeros())
      .Input("sin", &Args::sin, {"1", "32"}, Zeros())
      .Input("hadamard", &Args::hadamard, {head, head},
             tilesmith::Normal(Shape::kHeadDim == 128 ? 0.08838834764831845 : 0.04419417382415922))
      .InOut(cache, &Args::cache, {"B", "CACHE_LEN", head}, tilesmith::Normal(1),
             RotatedRows(cache, Shape::kHeadDim, true, 4))
      .Output("kv", &Args::kv, {"B", "S", head}, RotatedRows("kv", Shape::kHeadDim, false, 4))
      .Scratch("kv_proj", &Args::kv_proj, {"B * S", out})
      .Scratch("score_proj", &Args::score_proj, {"B * S", out})
      .Scratch("pooled", &Args::pooled, {"B", head})
      .Prepare([](tilesmith::CaseInputs& inputs) {
        FillContiguousStep(inputs, {Shape::kRatio, kSlots<Shape>, Shape::kStatePage, 1, false});
      })
      .Flops(FlopsOf<Shape>(1))
      .Bytes(BytesOf<Shape>(1));
  return kernel;
}

}  // namespace kernels::compressor
