// Registers compressor_ratio128 (V2) and its other contracts: compressor_ratio128_v3, _v1, _v0.

#include "kernels/compressor_ratio128/compressor_ratio128.h"

#include "kernels/compressor/inputs.h"
#include "kernels/compressor/rules.h"
#include "kernels/compressor/slotted_registration.h"
#include "kernels/compressor/tabled_registration.h"
#include "kernels/compressor_ratio128/compressor_ratio128_golden.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

const compressor::SlottedNames kNames = {"cmp_kv_cache", "cmp_slot_mapping", "state_slot_mapping"};

struct Seed {
  int K_TILE = 512;
  int OUT_TILE = 64;
  int B_TILE = 8;
  int POOL_HEAD_TILE = 128;
  int HEAD_TILE = 64;
  int ROPE_TILE = 32;
  int RMS_TILE = 4;
};

const auto* const v2 = compressor::DescribeSlotted<compressor::Ratio128, compressor::V2>(
                           "compressor_ratio128", kNames, compressor::RowRule())
                           .Contract("compressor_ratio128", "V2")
                           .GoldenFiles({"compressor128"})
                           .Template("compressor_ratio128.h", "kernels::CompressorRatio128",
                                     &CompressorRatio128<Seed{}>)
                           .Space("../../search_spaces/compressor_ratio128.toml")
                           .Golden(&CompressorRatio128Golden)
                           .Register();

const auto* const v3 = compressor::DescribeSlotted<compressor::Ratio128, compressor::V3>(
                           "compressor_ratio128_v3", kNames, compressor::RowRule())
                           .Contract("compressor_ratio128", "V3")
                           .GoldenFiles({"compressor128"})
                           .Template("compressor_ratio128.h", "kernels::CompressorRatio128V3",
                                     &CompressorRatio128V3<Seed{}>)
                           .Space("../../search_spaces/compressor_ratio128_v3.toml")
                           .Golden(&CompressorRatio128V3Golden)
                           .Register();

struct SeedV1 {
  int K_TILE = 512;
  int OUT_TILE = 64;
  int B_TILE = 64;
  int HEAD_TILE = 64;
  int ROPE_TILE = 32;
  int RMS_TILE = 8;
};

const auto* const v1 = compressor::DescribeTabled<compressor::Ratio128>(
                           "compressor_ratio128_v1", "cmp", compressor::RowRule())
                           .Contract("compressor_ratio128", "V1")
                           .GoldenFiles({"compressor128"})
                           .Template("compressor_ratio128.h", "kernels::CompressorRatio128V1",
                                     &CompressorRatio128V1<SeedV1{}>)
                           .Space("../../search_spaces/compressor_ratio128_v1.toml")
                           .Golden(&CompressorRatio128V1Golden)
                           .Register();

struct SeedV0 {
  int K_CHUNK = 512;
  int OUT_CHUNK = 64;
  int HEAD_CHUNK = 128;
};

using V0 = CompressorRatio128V0Args;

const auto* const v0 = tilesmith::Kernel<V0>("compressor_ratio128_v0")
                           .Contract("compressor_ratio128", "V0")
                           .GoldenFiles({"compressor128"})
                           .Template("compressor_ratio128.h", "kernels::CompressorRatio128V0",
                                     &CompressorRatio128V0<SeedV0{}>)
                           .Space("../../search_spaces/compressor_ratio128_v0.toml")
                           .Dim("B", &V0::B)
                           .Dim("S", &V0::S)
                           .Dim("D", &V0::D)
                           .Dim("start_pos", &V0::start_pos)
                           .Input("x", &V0::x, {"B", "S", "D"}, tilesmith::Zeros())
                           .InOut("kv_state", &V0::kv_state, {"B", "128", "512"},
                                  tilesmith::Normal(1), compressor::V0Rule())
                           .InOut("score_state", &V0::score_state, {"B", "128", "512"},
                                  tilesmith::Normal(1), compressor::V0Rule())
                           .ColdInput("wkv", &V0::wkv, {"512", "D"}, tilesmith::Zeros())
                           .ColdInput("wgate", &V0::wgate, {"512", "D"}, tilesmith::Zeros())
                           .Input("ape", &V0::ape, {"128", "512"}, tilesmith::Zeros())
                           .Input("norm_w", &V0::norm_w, {"512"}, tilesmith::Normal(0.261, 0.685))
                           .Input("cos", &V0::cos, {"1", "32"}, tilesmith::Zeros())
                           .Input("sin", &V0::sin, {"1", "32"}, tilesmith::Zeros())
                           .Output("out", &V0::out, {"B", "512"}, compressor::RowRule())
                           .Scratch("kv_proj", &V0::kv_proj, {"B * S", "512"})
                           .Scratch("score_proj", &V0::score_proj, {"B * S", "512"})
                           .Scratch("pooled", &V0::pooled, {"B", "512"})
                           .Prepare([](tilesmith::CaseInputs& inputs) {
                             compressor::FillRatio128V0Step(inputs, {128, 128, 8, 1, false});
                           })
                           .Golden(&CompressorRatio128V0Golden)
                           .Flops(compressor::FlopsOf<compressor::Ratio128>(1))
                           .Bytes(compressor::BytesOf<compressor::Ratio128>(1))
                           .Register();

}  // namespace
}  // namespace kernels
