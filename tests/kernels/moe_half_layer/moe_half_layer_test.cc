#include "kernels/moe_half_layer/moe_half_layer.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <ranges>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/expert_routed/expert_routed_golden.h"
#include "kernels/expert_shared/expert_shared_golden.h"
#include "kernels/hc_post/hc_post_golden.h"
#include "kernels/hc_pre/hc_pre_golden.h"
#include "kernels/moe_combine/moe_combine_golden.h"
#include "kernels/moe_gate/moe_gate_golden.h"
#include "kernels/moe_half_layer/dispatch_golden.h"
#include "kernels/moe_half_layer/moe_half_layer_golden.h"
#include "tests/kernels/moe_half_layer/layer.h"

namespace kernels {
namespace {

using Args = MoeHalfLayerArgs;
constexpr moe_half_layer::DefaultTiles kDefault{};

const std::vector<LayerSize> kSizes = {
    {.T = 4, .D = 70, .E = 5, .TOPK = 2, .MI = 40, .RECV_MAX = 6, .num_tokens = 4},
    {.T = 9, .D = 33, .E = 7, .TOPK = 6, .MI = 17, .RECV_MAX = 9, .num_tokens = 7},
    {.T = 3, .D = 128, .E = 40, .TOPK = 6, .MI = 64, .RECV_MAX = 3, .num_tokens = 0},
};

// The stages' oracles on what the template's stages are given.
void StageGoldens(const Args& a) {
  using namespace moe_half_layer;
  HcPreGolden(HcPreOf(a));
  MoeGateGolden(GateOf(a));
  MoeDispatchGolden(DispatchOf(a));
  ExpertRoutedGolden(RoutedOf(a));
  ExpertSharedGolden(SharedOf(a));
  MoeReturnGolden(ReturnOf(a));
  MoeCombineGolden(CombineOf(a));
  HcPostGolden(HcPostOf(a));
}

TEST(MoeHalfLayer, GoldenIsItsStagesOneByOne) {
  for (const LayerSize& size : kSizes) {
    Layer layer(size);
    const std::vector<float> whole = layer.Next(&MoeHalfLayerGolden);
    const std::vector<int> ids = layer.Ids();
    EXPECT_EQ(whole, layer.Next(&StageGoldens));
    EXPECT_EQ(ids, layer.Ids());
  }
}

void ExpectClose(const std::vector<float>& actual, const std::vector<float>& expected) {
  std::size_t misses = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const float difference = std::fabs(actual[i] - expected[i]);
    misses += !(difference <= 3e-3f * std::max(1.0f, std::fabs(expected[i])));
  }
  EXPECT_LE(misses, expected.size() / 20);
}

TEST(MoeHalfLayer, AgreesWithTheGolden) {
  for (const LayerSize& size : kSizes) {
    Layer layer(size);
    const std::vector<float> expected = layer.Next(&MoeHalfLayerGolden);
    const std::vector<int> ids = layer.Ids();
    ExpectClose(layer.Next(&MoeHalfLayer<kDefault>), expected);
    EXPECT_EQ(layer.Ids(), ids);
  }
}

TEST(MoeHalfLayer, TilesReachTheirStages) {
  constexpr moe_half_layer::DefaultTiles kOther{.HC_PRE_D_SPMD = 64,
                                                .GATE_GATE_N_TILE = 3,
                                                .ROUTED_MM_INTER_TILE = 16,
                                                .SHARED_D_OUT_TILE = 32,
                                                .COMBINE_D_TILE = 7,
                                                .HC_POST_T_TILE = 1};
  for (const LayerSize& size : kSizes) {
    Layer layer(size);
    const std::vector<float> expected = layer.Next(&MoeHalfLayer<kDefault>);
    EXPECT_EQ(layer.Next(&MoeHalfLayer<kOther>), expected);
  }
}

// Whether x_next is another one after the input is doubled, by the golden and the template alike.
template <typename T>
void ExpectMatters(const char* name, const T* Args::*input, int elements) {
  for (const auto kernel : {&MoeHalfLayerGolden, &MoeHalfLayer<kDefault>}) {
    Layer layer(kSizes[0]);
    const std::vector<float> before = layer.Next(kernel);
    T* values = layer.Edit(input);
    for (int i = 0; i < elements; ++i) {
      if constexpr (std::is_same_v<T, bf16>) values[i] = golden::Bf16Rne(-1.5f);
      else values[i] = static_cast<T>(values[i] + (std::is_same_v<T, float> ? 1 : 64));
    }
    EXPECT_NE(layer.Next(kernel), before) << name;
  }
}

TEST(MoeHalfLayer, EveryInputShowsInTheEnd) {
  const LayerSize& s = kSizes[0];
  ExpectMatters("x_hc", &Args::x_hc, 1);
  ExpectMatters("hc_ffn_fn", &Args::hc_ffn_fn, 24 * 4 * s.D);
  ExpectMatters("hc_ffn_scale", &Args::hc_ffn_scale, 3);
  ExpectMatters("hc_ffn_base", &Args::hc_ffn_base, 1);
  ExpectMatters("norm_w", &Args::norm_w, s.D / 2);
  ExpectMatters("gate_w", &Args::gate_w, s.D);
  ExpectMatters("gate_bias", &Args::gate_bias, 1);
  ExpectMatters("routed_w1", &Args::routed_w1, s.E * s.MI * s.D);
  ExpectMatters("routed_w1_scale", &Args::routed_w1_scale, s.E * s.MI);
  ExpectMatters("routed_w3", &Args::routed_w3, s.E * s.MI * s.D);
  ExpectMatters("routed_w3_scale", &Args::routed_w3_scale, s.E * s.MI);
  ExpectMatters("routed_w2", &Args::routed_w2, s.E * s.MI * s.D);
  ExpectMatters("routed_w2_scale", &Args::routed_w2_scale, s.E * s.D);
  ExpectMatters("shared_w1", &Args::shared_w1, s.MI * s.D);
  ExpectMatters("shared_w1_scale", &Args::shared_w1_scale, s.MI);
  ExpectMatters("shared_w3", &Args::shared_w3, s.MI * s.D);
  ExpectMatters("shared_w3_scale", &Args::shared_w3_scale, s.MI);
  ExpectMatters("shared_w2", &Args::shared_w2, s.MI * s.D);
  ExpectMatters("shared_w2_scale", &Args::shared_w2_scale, s.D);
}

// A token with no routes of its own: the experts add nothing, what hc_post makes of the streams
// stays.
TEST(MoeHalfLayer, InactiveTokensKeepTheirStreams) {
  for (const auto kernel : {&MoeHalfLayerGolden, &MoeHalfLayer<kDefault>}) {
    Layer layer(kSizes[0]);
    layer.args.num_tokens = 3;
    const std::vector<float> some = layer.Next(kernel);
    for (const int id : layer.Ids() | std::views::drop(6)) EXPECT_EQ(id, 0);
    std::vector<bf16> none(static_cast<std::size_t>(4 * 70));
    std::vector<float> post(4 * 4), comb(4 * 16), expected(some.size());
    std::vector<bf16> mixed(none.size());
    Args a = layer.args;
    a.x_mixed = mixed.data();
    a.post = post.data();
    a.comb = comb.data();
    a.ffn_out = none.data();
    a.x_next = expected.data();
    HcPreGolden(moe_half_layer::HcPreOf(a));
    HcPostGolden(moe_half_layer::HcPostOf(a));
    for (std::size_t i = some.size() / 4 * 3; i < some.size(); ++i) {
      EXPECT_NEAR(some[i], expected[i], 1e-5) << i;
    }
  }
}

// In a hash layer the words decide, whatever the router says.
TEST(MoeHalfLayer, HashLayersTakeTheTablesExperts) {
  for (const auto kernel : {&MoeHalfLayerGolden, &MoeHalfLayer<kDefault>}) {
    Layer layer(kSizes[0]);
    layer.args.layer_id = 2;
    layer.Edit(&Args::input_ids)[0] = 3;
    layer.Edit(&Args::input_ids)[1] = 4;
    layer.Next(kernel);
    const std::vector<int> ids = layer.Ids();
    EXPECT_EQ((std::vector<int>{ids.begin(), ids.begin() + 4}), (std::vector<int>{3, 4, 4, 0}));
  }
}

}  // namespace
}  // namespace kernels
