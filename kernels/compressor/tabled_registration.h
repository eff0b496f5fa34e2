// Registrations of V1: operands under the names of kernels.md's tables.
#pragma once

#include <string>

#include "kernels/compressor/args.h"
#include "kernels/compressor/inputs.h"
#include "kernels/compressor/rules.h"
#include "tuner/kernel.h"

namespace kernels::compressor {

/// V1 of the kernel `name`, but for its template. `prefix` is the cache's, "cmp" or "idx".
template <typename Shape>
tilesmith::Kernel<TabledArgs<Shape>> DescribeTabled(const std::string& name,
                                                    const std::string& prefix,
                                                    const tilesmith::Comparator& cache_rule,
                                                    const char* file = __builtin_FILE()) {
  using Args = TabledArgs<Shape>;
  const std::string head = std::to_string(Shape::kHeadDim), out = std::to_string(kOutDim<Shape>);
  const std::string row = std::to_string(2 * kOutDim<Shape>);
  const std::string ratio = std::to_string(Shape::kRatio);
  const std::string page = std::to_string(Shape::kStatePage);
  const std::string cache = prefix == "cmp" ? "cmp_kv_cache" : "idx_kv_cache";
  const std::string cache_table = prefix + "_block_table";
  tilesmith::Kernel<Args> kernel(name, file);
  kernel.Dim("B", &Args::B)
      .Dim("S", &Args::S)
      .Dim("D", &Args::D)
      .Dim("STATE_BLOCKS", &Args::STATE_BLOCKS)
      .Dim("STATE_PAGES", &Args::STATE_PAGES)
      .Dim("CACHE_BLOCKS", &Args::CACHE_BLOCKS)
      .Dim("CACHE_PAGE", &Args::CACHE_PAGE)
      .Dim("CACHE_PAGES", &Args::CACHE_PAGES)
      .Input("x", &Args::x, {"B", "S", "D"}, Zeros())
      .InOut("compress_state", &Args::compress_state, {"STATE_BLOCKS", page, row},
             tilesmith::Normal(1), StateRule())
      .Input("compress_state_block_table", &Args::compress_state_block_table, {"B", "STATE_PAGES"},
             Zeros())
      .ColdInput("wkv", &Args::wkv, {"D", out}, Zeros())
      .ColdInput("wgate", &Args::wgate, {"D", out}, Zeros())
      .Input("ape", &Args::ape, {ratio, out}, Zeros())
      .Input("norm_w", &Args::norm_w, {head}, tilesmith::Normal(0.261, 0.685))
      .Input("cos", &Args::cos, {"B", "32"}, Zeros())
      .Input("sin", &Args::sin, {"B", "32"}, Zeros())
      .Input("even_idx", &Args::even_idx, {"1", "32"}, Zeros())
      .Input("odd_idx", &Args::odd_idx, {"1", "32"}, Zeros())
      .InOut(cache, &Args::cache, {"CACHE_BLOCKS", "CACHE_PAGE", "1", head}, tilesmith::Normal(1),
             cache_rule)
      .Input(cache_table, &Args::cache_block_table, {"B", "CACHE_PAGES"}, Zeros())
      .Input("start_pos", &Args::start_pos, {"B"}, Zeros())
      .Output("kv", &Args::kv, {"B", "S", head}, KvRule<Shape>())
      .Scratch("kv_proj", &Args::kv_proj, {"B * S", out})
      .Scratch("score_proj", &Args::score_proj, {"B * S", out})
      .Scratch("pooled", &Args::pooled, {"B", head})
      .Prepare([cache_table](tilesmith::CaseInputs& inputs) {
        StepInputs step{Shape::kRatio, kSlots<Shape>, Shape::kStatePage, kStride<Shape>, false};
        step.cache_table = cache_table;
        FillTabledStep(inputs, step);
      })
      .Flops(FlopsOf<Shape>())
      .Bytes(BytesOf<Shape>());
  return kernel;
}

}  // namespace kernels::compressor
