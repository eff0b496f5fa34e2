// Registrations of V2 and V3: operands under the names of kernels.md's tables.
#pragma once

#include <string>

#include "kernels/compressor/args.h"
#include "kernels/compressor/inputs.h"
#include "kernels/compressor/rules.h"
#include "tuner/kernel.h"

namespace kernels::compressor {

struct SlottedNames {
  std::string cache;
  std::string cache_slots;
  std::string state_slots;
};

/// Everything but the name of the template and the comparator of the cache's own.
template <typename Shape, typename Generation>
tilesmith::Kernel<SlottedArgs<Shape, Generation>> DescribeSlotted(
    const std::string& name, const SlottedNames& names, const tilesmith::Comparator& cache_rule,
    const char* file = __builtin_FILE()) {
  using Args = SlottedArgs<Shape, Generation>;
  const std::string head = std::to_string(Shape::kHeadDim), out = std::to_string(kOutDim<Shape>);
  const std::string row = std::to_string(2 * kOutDim<Shape>);
  const std::string ratio = std::to_string(Shape::kRatio);
  const std::string page = std::to_string(Shape::kStatePage);
  tilesmith::Kernel<Args> kernel(name, file);
  kernel.Dim("B", &Args::B)
      .Dim("S", &Args::S)
      .Dim("D", &Args::D)
      .Dim("STATE_BLOCKS", &Args::STATE_BLOCKS)
      .Dim("STATE_PAGES", &Args::STATE_PAGES)
      .Dim("CACHE_BLOCKS", &Args::CACHE_BLOCKS)
      .Dim("CACHE_PAGE", &Args::CACHE_PAGE)
      .Input("x", &Args::x, {"B", "S", "D"}, Zeros())
      .InOut("compress_state", &Args::compress_state, {"STATE_BLOCKS", page, row},
             tilesmith::Normal(1), StateRule())
      .Input("compress_state_block_table", &Args::compress_state_block_table, {"B", "STATE_PAGES"},
             Zeros())
      .ColdInput("wkv", &Args::wkv, {out, "D"}, Zeros())
      .ColdInput("wgate", &Args::wgate, {out, "D"}, Zeros())
      .Input("ape", &Args::ape, {ratio, out}, Zeros())
      .Input("norm_w", &Args::norm_w, {head}, tilesmith::Normal(0.261, 0.685))
      .Input("cos", &Args::cos, {"B", "32"}, Zeros())
      .Input("sin", &Args::sin, {"B", "32"}, Zeros())
      .InOut(names.cache, &Args::cache, {"CACHE_BLOCKS", "CACHE_PAGE", "1", head},
             Args::kCodes ? tilesmith::Uniform(-127, 127) : tilesmith::Normal(1), cache_rule)
      .Input("position_ids", &Args::position_ids, {"B", "S"}, Zeros())
      .Input(names.cache_slots, &Args::cache_slot_mapping, {"B", "S"}, Zeros())
      .Input(names.state_slots, &Args::state_slot_mapping, {"B", "S"}, Zeros())
      .Output("kv", &Args::kv, {"B", "S", head}, KvRule<Shape>())
      .Scratch("kv_proj", &Args::kv_proj, {"B * S", out})
      .Scratch("score_proj", &Args::score_proj, {"B * S", out})
      .Scratch("pooled", &Args::pooled, {"B", head})
      .Prepare([names](tilesmith::CaseInputs& inputs) {
        FillSlottedStep(inputs, {Shape::kRatio, kSlots<Shape>, Shape::kStatePage, kStride<Shape>,
                                 Generation::kGatesKv, names.cache_slots, names.state_slots});
      })
      .Flops(FlopsOf<Shape>())
      .Bytes(BytesOf<Shape>());
  return kernel;
}

}  // namespace kernels::compressor
