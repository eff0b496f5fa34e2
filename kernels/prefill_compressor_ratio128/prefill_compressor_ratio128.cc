// Registers prefill_compressor_ratio128 (V2) and prefill_compressor_ratio128_v3.

#include "kernels/prefill_compressor_ratio128/prefill_compressor_ratio128.h"

#include "kernels/prefill_compressor/describe.h"

namespace kernels {
namespace {

struct Seed {
  int OUT_TILE = 32;
  int K_TILE = 512;
  int HEAD_TILE = 64;
  int HCA_C128_RMS_TILE = 8;
  int HCA_KV_STORE_TILE = 16;
};

const auto* const registered =
    DescribePrefill<PrefillRatio128>("prefill_compressor_ratio128", PrefillContract::kV2)
        .Template("prefill_compressor_ratio128.h", "kernels::PrefillCompressorRatio128",
                  &PrefillCompressorRatio128<Seed{}>)
        .Register();

const auto* const registered_v3 =
    DescribePrefill<PrefillRatio128>("prefill_compressor_ratio128_v3", PrefillContract::kV3)
        .Template("prefill_compressor_ratio128.h", "kernels::PrefillCompressorRatio128",
                  &PrefillCompressorRatio128<Seed{}>)
        .Register();

}  // namespace
}  // namespace kernels
