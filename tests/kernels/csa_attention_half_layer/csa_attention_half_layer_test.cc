#include "kernels/csa_attention_half_layer/csa_attention_half_layer.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/attention/attention_golden.h"
#include "kernels/compressor_ratio4/compressor_ratio4_golden.h"
#include "kernels/csa_attention_half_layer/csa_attention_half_layer_golden.h"
#include "kernels/csa_cache_writeback/csa_cache_writeback_golden.h"
#include "kernels/csa_index_build/csa_index_build_golden.h"
#include "kernels/hc_post/hc_post_golden.h"
#include "kernels/hc_pre/hc_pre_golden.h"
#include "kernels/indexer_w8a8/indexer_w8a8_golden.h"
#include "kernels/qkv_proj_rope/qkv_proj_rope_golden.h"
#include "kernels/rms_norm/rms_norm_golden.h"
#include "tests/kernels/csa_attention_half_layer/layer_case.h"

namespace kernels {
namespace {

using Args = CsaAttentionHalfLayerArgs;
using Layer = void (*)(const Args&);

constexpr Layer kTiled = &CsaAttentionHalfLayer<csa_half_layer::DefaultTiles{}>;
constexpr Layer kGolden = &CsaAttentionHalfLayerGolden;

// The stages' oracles called one by one on the operands that the kernel's stages get.
void CallGoldens(const Args& a) {
  csa_half_layer::PickAngles(a);
  HcPreGolden(csa_half_layer::HcPreOf(a));
  RmsNormGolden(csa_half_layer::NormOf(a));
  QkvProjRopeGolden(csa_half_layer::QkvOf(a));
  CompressorRatio4Golden(csa_half_layer::CompressorOf(a));
  IndexerW8A8Golden(csa_half_layer::IndexerOf(a));
  CsaIndexBuildGolden(csa_half_layer::IndexOf(a));
  golden::AttentionGolden<&golden::CodedColumns>(csa_half_layer::AttentionOf(a));
  CsaCacheWritebackGolden(csa_half_layer::WritebackOf(a));
  HcPostGolden(csa_half_layer::HcPostOf(a));
}

TEST(CsaAttentionHalfLayer, GoldenIsTheStagesGoldensOneByOne) {
  for (const int S : {1, 2, 4}) {
    LayerCase chained({130, 3, 255}, S), staged({130, 3, 255}, S);
    kGolden(chained.args);
    CallGoldens(staged.args);
    EXPECT_EQ(chained.Outputs(), staged.Outputs()) << S;
  }
}

TEST(CsaAttentionHalfLayer, TemplateIsNearTheGolden) {
  for (const int S : {1, 2, 4}) {
    LayerCase expected({127, 0, 255}, S), actual({127, 0, 255}, S);
    kGolden(expected.args);
    kTiled(actual.args);
    EXPECT_LE(actual.LargestDifference(expected, "x_out"), 3e-3) << S;
    EXPECT_LE(actual.LargestDifference(expected, "compress_state"), 4e-3) << S;
    EXPECT_LE(actual.LargestDifference(expected, "inner_compress_state"), 4e-3) << S;
  }
}

template <typename T>
void Reverse(LayerCase& layer, const std::string& name) {
  std::ranges::reverse(layer.Get<T>(name));
}

// No stage's result is dropped.
TEST(CsaAttentionHalfLayer, EveryStageShowsInTheStreams) {
  using Change = std::function<void(LayerCase&)>;
  const std::vector<std::pair<std::string, Change>> changes = {
      {"hc_pre", [](LayerCase& c) { c.Get<float>("hc_attn_base")[1] += 4; }},
      {"rms_norm", [](LayerCase& c) { std::ranges::fill(c.Get<bf16>("attn_norm_w"), bf16{}); }},
      {"queries", [](LayerCase& c) { Reverse<std::int8_t>(c, "wq_b"); }},
      {"keys", [](LayerCase& c) { Reverse<bf16>(c, "wkv"); }},
      {"compressor", [](LayerCase& c) { Reverse<bf16>(c, "cmp_wkv"); }},
      {"indexer", [](LayerCase& c) { Reverse<std::int8_t>(c, "idx_wq_b"); }},
      {"indexer's keys", [](LayerCase& c) { Reverse<bf16>(c, "idx_kv_cache"); }},
      {"index build", [](LayerCase& c) { c.Get<std::int32_t>("kv_seq_lens")[0] = 8; }},
      {"rings", [](LayerCase& c) { Reverse<bf16>(c, "kv_cache"); }},
      {"compressed columns", [](LayerCase& c) { Reverse<bf16>(c, "cmp_kv"); }},
      {"sink", [](LayerCase& c) { std::ranges::fill(c.Get<float>("attn_sink"), 30.0f); }},
      {"o_proj", [](LayerCase& c) { Reverse<std::int8_t>(c, "wo_b"); }},
      {"angles", [](LayerCase& c) { Reverse<bf16>(c, "freqs_sin"); }}};
  for (const auto& [stage, change] : changes) {
    for (const Layer layer : {kGolden, kTiled}) {
      LayerCase plain({255}, 1), changed({255}, 1);
      change(changed);
      layer(plain.args);
      layer(changed.args);
      EXPECT_GT(changed.LargestDifference(plain, "x_out"), 1e-3) << stage;
    }
  }
}

// The slot that token 1 takes holds the oldest row that token 0 attends to, until the step is over.
TEST(CsaAttentionHalfLayer, RingsAreWrittenAfterTheAttention) {
  for (const Layer layer : {kGolden, kTiled}) {
    LayerCase written({254}, 2), kept({254}, 2);
    std::ranges::fill(kept.Get<std::int64_t>("ori_slot_mapping"), -1);
    const std::vector<bf16> before = kept.Copy<bf16>("kv_cache");
    layer(written.args);
    layer(kept.args);
    EXPECT_EQ(written.Bits("x_out"), kept.Bits("x_out"));
    EXPECT_EQ(kept.Copy<bf16>("kv_cache"), before);
    EXPECT_NE(written.Copy<bf16>("kv_cache"), before);
  }
}

// Were the rings written first, token 0 would see token 1 in the oldest row's place.
TEST(CsaAttentionHalfLayer, AnEarlyWriteWouldShow) {
  LayerCase late({254}, 2), early({254}, 2);
  kTiled(late.args);
  const std::span<bf16> rings = late.Get<bf16>("kv_cache"), ahead = early.Get<bf16>("kv_cache");
  const auto row = static_cast<std::ptrdiff_t>(late.Get<std::int64_t>("ori_slot_mapping")[1]) * 512;
  std::copy_n(rings.begin() + row, 512, ahead.begin() + row);
  kTiled(early.args);
  EXPECT_GT(early.LargestDifference(late, "x_out"), 1e-4);
}

// After the step the ring holds each token's own key, to bf16 units of values below 4.
TEST(CsaAttentionHalfLayer, RingsGetTheTokensKeys) {
  for (const Layer layer : {kGolden, kTiled}) {
    LayerCase step({254}, 2);
    layer(step.args);
    const std::vector<bf16> kv = golden::HalfLayerProject(step.args, step.args.x_normed).kv;
    const std::span<const bf16> rings = step.Get<bf16>("kv_cache");
    for (std::size_t t = 0; t < 2; ++t) {
      const auto row = static_cast<std::size_t>(step.Get<std::int64_t>("ori_slot_mapping")[t]);
      for (std::size_t i = 0; i < 512; ++i) {
        ASSERT_NEAR(golden::ToFloat(rings[row * 512 + i]), golden::ToFloat(kv[t * 512 + i]), 0.02);
      }
    }
  }
}

// Position 255 ends the window of column 63: with the slot −1 the caches do not get it, and this
// very step attends to what they held.
TEST(CsaAttentionHalfLayer, NewColumnIsSeenByThisStep) {
  for (const Layer layer : {kGolden, kTiled}) {
    LayerCase stored({255}, 1), speculative({255}, 1);
    for (const char* slots : {"cmp_slot_mapping", "idx_slot_mapping"}) {
      ASSERT_GE(stored.Get<std::int64_t>(slots)[0], 0);
      speculative.Get<std::int64_t>(slots)[0] = -1;
    }
    const std::vector<bf16> before = speculative.Copy<bf16>("cmp_kv");
    layer(stored.args);
    layer(speculative.args);
    EXPECT_EQ(speculative.Copy<bf16>("cmp_kv"), before);
    EXPECT_NE(stored.Copy<bf16>("cmp_kv"), before);
  }
  for (const Layer layer : {kGolden, kTiled}) {
    LayerCase stored({87}, 1), speculative({87}, 1);  // 22 columns, all of which are chosen
    speculative.Get<std::int64_t>("cmp_slot_mapping")[0] = -1;
    layer(stored.args);
    layer(speculative.args);
    EXPECT_NE(stored.Bits("x_out"), speculative.Bits("x_out"));
  }
}

// One row of the tables turned off at a time: who read it?
TEST(CsaAttentionHalfLayer, EachStageHasItsOwnAngles) {
  for (const Layer layer : {kGolden, kTiled}) {
    // Tokens at 250 and 251, which ends the window of 248. A negative row turns none off.
    const auto without_row = [&](std::ptrdiff_t position) {
      LayerCase c({250}, 2);
      for (const char* table : {"freqs_cos", "freqs_sin"}) {
        if (position >= 0) std::fill_n(c.Get<bf16>(table).begin() + position * 64, 64, bf16{});
      }
      layer(c.args);
      return c.Outputs();
    };
    // compress_state and its inner kin are not rotated, and say that nothing else moved.
    auto all = without_row(-1), window = without_row(248), first = without_row(250),
         second = without_row(251);
    EXPECT_EQ(without_row(249), all);
    EXPECT_NE(window["cmp_kv"], all["cmp_kv"]);
    EXPECT_EQ(window["idx_kv_cache"], all["idx_kv_cache"]);
    EXPECT_EQ(window["kv_cache"], all["kv_cache"]);
    EXPECT_EQ(first["cmp_kv"], all["cmp_kv"]);
    EXPECT_NE(first["idx_kv_cache"], all["idx_kv_cache"]);
    EXPECT_NE(first["kv_cache"], all["kv_cache"]);
    EXPECT_EQ(second["cmp_kv"], all["cmp_kv"]);
    EXPECT_EQ(second["idx_kv_cache"], all["idx_kv_cache"]);
    EXPECT_NE(second["kv_cache"], all["kv_cache"]);
    for (auto* outputs : {&window, &first, &second}) {
      EXPECT_EQ((*outputs)["compress_state"], all["compress_state"]);
    }
  }
}

}  // namespace
}  // namespace kernels
