// Registers indexer_qr_rope.

#include "kernels/indexer_qr_rope/indexer_qr_rope.h"

#include <cstdint>
#include <span>

#include "kernels/golden/rope_table.h"
#include "kernels/indexer_qr_rope/indexer_qr_rope_golden.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

using tilesmith::Normal;

struct Seed {
  int ROPE_SPMD_TILE = 32;
  int ROPE_ROW_TILE = 32;
};

constexpr std::uint64_t kMaxSeqLen = 8192;  // of contract V2

// Each batch decodes at a position of its own; its table row is what the model would look up there.
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

const auto* const registered =
    tilesmith::Kernel<IndexerQrRopeArgs>("indexer_qr_rope")
        .Contract("indexer_qr_rope", "V2")
        .Template("indexer_qr_rope.h", "kernels::IndexerQrRope", &IndexerQrRope<Seed{}>)
        .Space("../../search_spaces/indexer_qr_rope.toml")
        .Dim("B", &IndexerQrRopeArgs::B)
        .Dim("S", &IndexerQrRopeArgs::S)
        .Dim("H", &IndexerQrRopeArgs::H)
        .Input("q", &IndexerQrRopeArgs::q, {"B * S * H", "128"}, Normal(1))
        .Input("cos", &IndexerQrRopeArgs::cos, {"B", "32"}, tilesmith::Zeros())
        .Input("sin", &IndexerQrRopeArgs::sin, {"B", "32"}, tilesmith::Zeros())
        .Prepare(&FillAngles)
        .Output("q_rot", &IndexerQrRopeArgs::q_rot, {"B * S * H", "128"}, tilesmith::Exact())
        .Golden(&IndexerQrRopeGolden)
        .Flops("192 * B * S * H")
        .Bytes("B * S * H * 128 * 6 + B * 256")
        .Register();

}  // namespace
}  // namespace kernels
