// Registers softmax_pool.

#include "kernels/softmax_pool/softmax_pool.h"

#include <cmath>
#include <cstddef>
#include <span>

#include "kernels/softmax_pool/softmax_pool_golden.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

using tilesmith::Normal;

struct Seed {
  int POOL_HEAD_TILE = 128;
  int HEAD_TILE = 64;
};

// A window's first half is missing in one of four, as at the start of a sequence: kv 0, score −inf.
void ForgetHistory(tilesmith::CaseInputs& inputs) {
  const auto slots = static_cast<std::size_t>(inputs.Dim("SLOTS"));
  const auto columns = static_cast<std::size_t>(inputs.Dim("HEAD_DIM"));
  const std::span<float> kv = inputs.Get<float>("kv"), score = inputs.Get<float>("score");
  for (std::size_t w = 0; w < static_cast<std::size_t>(inputs.Dim("WINDOWS")); ++w) {
    if (inputs.Random() % 4 != 0) continue;
    for (std::size_t i = 0; i < slots / 2 * columns; ++i) {
      kv[w * slots * columns + i] = 0;
      score[w * slots * columns + i] = -INFINITY;
    }
  }
}

using Args = SoftmaxPoolArgs;

const auto* const registered =
    tilesmith::Kernel<Args>("softmax_pool")
        .Template("softmax_pool.h", "kernels::SoftmaxPool", &SoftmaxPool<Seed{}>)
        .Space("../../search_spaces/softmax_pool.toml")
        .Dim("WINDOWS", &Args::WINDOWS)
        .Dim("SLOTS", &Args::SLOTS)
        .Dim("HEAD_DIM", &Args::HEAD_DIM)
        .Input("kv", &Args::kv, {"WINDOWS", "SLOTS", "HEAD_DIM"}, Normal(1))
        .Input("score", &Args::score, {"WINDOWS", "SLOTS", "HEAD_DIM"}, Normal(2))
        .Prepare(&ForgetHistory)
        .Output("pooled", &Args::pooled, {"WINDOWS", "HEAD_DIM"},
                tilesmith::RatioAllClose(1e-4, 1.0 / 128, 0))
        .Golden(&SoftmaxPoolGolden)
        .Flops("5 * WINDOWS * SLOTS * HEAD_DIM")
        .Bytes("8 * WINDOWS * SLOTS * HEAD_DIM + 4 * WINDOWS * HEAD_DIM")
        .Register();

}  // namespace
}  // namespace kernels
