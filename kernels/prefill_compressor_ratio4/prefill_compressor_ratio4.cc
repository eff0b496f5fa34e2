// Registers prefill_compressor_ratio4 (V2) and prefill_compressor_ratio4_v3.

#include "kernels/prefill_compressor_ratio4/prefill_compressor_ratio4.h"

#include "kernels/prefill_compressor/describe.h"

namespace kernels {
namespace {

struct Seed {
  int OUT_TILE = 32;
  int K_TILE = 512;
  int HEAD_CHUNK = 256;
  int HEAD_TILE = 64;
  int PACKED_RMS_TILE = 16;
  int PACKED_STATE_UPDATE_TILE = 16;
};

const auto* const registered =
    DescribePrefill<PrefillRatio4>("prefill_compressor_ratio4", PrefillContract::kV2)
        .Template("prefill_compressor_ratio4.h", "kernels::PrefillCompressorRatio4",
                  &PrefillCompressorRatio4<Seed{}>)
        .Register();

const auto* const registered_v3 =
    DescribePrefill<PrefillRatio4>("prefill_compressor_ratio4_v3", PrefillContract::kV3)
        .Template("prefill_compressor_ratio4.h", "kernels::PrefillCompressorRatio4",
                  &PrefillCompressorRatio4<Seed{}>)
        .Register();

}  // namespace
}  // namespace kernels
