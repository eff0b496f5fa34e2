// Registers topk.

#include "kernels/topk/topk.h"

#include <algorithm>
#include <cstdint>
#include <span>

#include "kernels/golden/rounding.h"
#include "kernels/topk/topk_golden.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

struct Seed {
  int ROW_TILE = 1;
  int SELECT_BITS = 11;
  int SORT_BITS = 8;
};

// Rows shorter than this are there to be checked, not timed.
constexpr std::int64_t kLong = 1024;

// Small rows get the lengths at which something changes; every other row has ties.
void FillRows(tilesmith::CaseInputs& inputs) {
  const std::int64_t L = inputs.Dim("L"), K = inputs.Dim("K");
  const std::span<float> score = inputs.Get<float>("score");
  const std::span<std::int32_t> valid = inputs.Get<std::int32_t>("valid");
  const std::int64_t lengths[] = {L, K, K + 1, 0, 1, K - 1, L - 1};
  for (std::size_t row = 0; row < valid.size(); ++row) {
    const std::int64_t length = L >= kLong ? L : lengths[inputs.Random() % std::size(lengths)];
    valid[row] = static_cast<std::int32_t>(std::clamp<std::int64_t>(length, 0, L));
    if (row % 2 == 0) continue;
    for (float& value :
         score.subspan(row * static_cast<std::size_t>(L)).first(static_cast<std::size_t>(L))) {
      value = golden::RoundBf16(value);
    }
  }
}

const auto* const registered =
    tilesmith::Kernel<TopKArgs>("topk")
        .Template("topk.h", "kernels::TopK", &TopK<Seed{}>)
        .Space("../../search_spaces/topk.toml")
        .Dim("ROWS", &TopKArgs::ROWS)
        .Dim("L", &TopKArgs::L)
        .Dim("K", &TopKArgs::K)
        .Input("score", &TopKArgs::score, {"ROWS", "L"}, tilesmith::Normal(1, 0.5))
        .Input("valid", &TopKArgs::valid, {"ROWS"}, tilesmith::Zeros())
        .Prepare(&FillRows)
        .Output("idx", &TopKArgs::idx, {"ROWS", "K"}, tilesmith::Exact())
        .Scratch("lists", &TopKArgs::lists, {"ROWS", "4 * L"})
        .Golden(&TopKGolden)
        .Flops("ROWS * L")
        .Bytes("4 * ROWS * (L + K + 1)")
        .Register();

}  // namespace
}  // namespace kernels
