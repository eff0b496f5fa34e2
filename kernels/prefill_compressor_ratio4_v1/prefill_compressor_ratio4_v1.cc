// Registers prefill_compressor_ratio4_v1.

#include "kernels/prefill_compressor_ratio4_v1/prefill_compressor_ratio4_v1.h"

#include <cfloat>
#include <cstddef>
#include <span>

#include "kernels/compressor/rotated_rows.h"
#include "kernels/golden/fills.h"
#include "kernels/golden/rope_table.h"
#include "kernels/prefill_compressor_ratio4_v1/prefill_compressor_ratio4_v1_golden.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

using tilesmith::AllClose;
using tilesmith::Normal;
using tilesmith::Zeros;

struct Seed {
  int K_CHUNK = 512;
  int OUT_CHUNK = 32;
  int HEAD_CHUNK = 32;
  int ROPE_CHUCK = 32;
};

// Deviations of kernels.md §2; row c of the tables is for position 4c.
void FillCase(tilesmith::CaseInputs& inputs) {
  golden::FillNormal(inputs, inputs.Get<bf16>("wkv"), 0.0293);
  golden::FillNormal(inputs, inputs.Get<bf16>("wgate"), 0.0512);
  const std::span<float> cos = inputs.Get<float>("cos"), sin = inputs.Get<float>("sin");
  for (std::size_t i = 0; i < cos.size(); ++i) {
    const golden::RopeEntry entry = golden::RopeTableEntry(
        static_cast<int>(i / golden::kRopeHalf) * 4, static_cast<int>(i % golden::kRopeHalf));
    cos[i] = entry.cos;
    sin[i] = entry.sin;
  }
}

// The originals' rule is (1e-4, 1/128) without outliers, but this contract rounds to bf16 three
// times: a pooled value near a tie may round the other way and then, once normalised, again, and the
// rotation shares a unit of the larger of a pair with the smaller. Four units of the row's rms.
constexpr int kUnits = 4;

using Args = PrefillCompressorV1Args;

const auto* const registered =
    tilesmith::Kernel<Args>("prefill_compressor_ratio4_v1")
        .Contract("prefill_compressor_ratio4", "V1")
        .GoldenFiles({"prefill_compressor4"})
        .Template("prefill_compressor_ratio4_v1.h", "kernels::PrefillCompressorRatio4V1",
                  &PrefillCompressorRatio4V1<Seed{}>)
        .Space("../../search_spaces/prefill_compressor_ratio4_v1.toml")
        .Dim("B", &Args::B)
        .Dim("S", &Args::S)
        .Dim("D", &Args::D)
        .Dim("ROPE_ROWS", &Args::ROPE_ROWS)
        .Dim("IDX_KV_LEN", &Args::IDX_KV_LEN)
        .Input("x", &Args::x, {"B", "S", "D"}, Normal(1))
        .ColdInput("wkv", &Args::wkv, {"D", "1024"}, Zeros())
        .ColdInput("wgate", &Args::wgate, {"D", "1024"}, Zeros())
        .Input("ape", &Args::ape, {"4", "1024"}, Normal(0.1528))
        .Input("norm_w", &Args::norm_w, {"512"}, Normal(0.261, 0.685))
        .Input("cos", &Args::cos, {"ROPE_ROWS", "32"}, Zeros())
        .Input("sin", &Args::sin, {"ROPE_ROWS", "32"}, Zeros())
        .Prepare(&FillCase)
        .InOut("kv_state", &Args::kv_state, {"B", "8", "1024"}, Zeros(), AllClose(1e-3, 1e-3))
        .InOut("score_state", &Args::score_state, {"B", "8", "1024"}, tilesmith::Constant(-FLT_MAX),
               AllClose(1e-3, 1e-3))
        .Output("kv", &Args::kv, {"B", "S // 4", "512"},
                compressor::RotatedRows("kv", 512, false, kUnits))
        .InOut("kv_cache", &Args::kv_cache, {"B", "IDX_KV_LEN", "512"}, Normal(1),
               compressor::RotatedRows("kv_cache", 512, true, kUnits))
        .Scratch("kv_rows", &Args::kv_rows, {"B * S", "1024"})
        .Scratch("score_rows", &Args::score_rows, {"B * S", "1024"})
        .Scratch("pooled", &Args::pooled, {"B * S", "512"})
        .Golden(&PrefillCompressorRatio4V1Golden)
        .Flops("4 * B * S * D * 1024 + B * (S // 4) * 50 * 512")
        .Bytes("4096 * D + 2 * B * S * D + 131072 * B + B * (S // 4) * 3072")
        .Register();

}  // namespace
}  // namespace kernels
