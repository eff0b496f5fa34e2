// Registers rope.

#include "kernels/rope/rope.h"

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/golden/rope_table.h"
#include "kernels/rope/rope_golden.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

struct Seed {
  int ROPE_ROW_TILE = 32;
  int ROPE_CHUNK = 32;
};

constexpr std::uint64_t kMaxSeqLen = 8192;  // of contract V2

// Each token stands at a position of its own.
void FillAngles(tilesmith::CaseInputs& inputs) {
  const std::span<float> cos = inputs.Get<float>("cos"), sin = inputs.Get<float>("sin");
  int position = 0;
  for (std::size_t i = 0; i < cos.size(); ++i) {
    const int pair = static_cast<int>(i % golden::kRopeHalf);
    if (pair == 0) position = static_cast<int>(inputs.Random() % kMaxSeqLen);
    const golden::RopeEntry entry = golden::RopeTableEntry(position, pair);
    cos[i] = entry.cos;
    sin[i] = entry.sin;
  }
}

const auto* const registered = tilesmith::Kernel<RopeArgs>("rope")
                                   .Template("rope.h", "kernels::Rope", &Rope<Seed{}>)
                                   .Space("../../search_spaces/rope.toml")
                                   .Dim("T", &RopeArgs::T)
                                   .Dim("H", &RopeArgs::H)
                                   .Input("x", &RopeArgs::x, {"T", "H", "64"}, tilesmith::Normal(1))
                                   .Input("cos", &RopeArgs::cos, {"T", "32"}, tilesmith::Zeros())
                                   .Input("sin", &RopeArgs::sin, {"T", "32"}, tilesmith::Zeros())
                                   .Prepare(&FillAngles)
                                   .Output("y", &RopeArgs::y, {"T", "H", "64"}, tilesmith::Exact())
                                   .Golden(&RopeGolden)
                                   .Flops("192 * T * H")
                                   .Bytes("512 * T * H + 256 * T")
                                   .Register();

}  // namespace
}  // namespace kernels
