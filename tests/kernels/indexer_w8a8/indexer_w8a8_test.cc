#include "kernels/indexer_w8a8/indexer_w8a8.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/golden/rounding.h"
#include "kernels/indexer_w8a8/indexer_w8a8_golden.h"
#include "tests/kernels/guarded.h"

namespace kernels {
namespace {

struct Tiles {
  int Q_TILE = 32, Q_OUT_TILE = 256, QR_PROJ_ROW_TILE = 8;
  int D_TILE = 64, WEIGHTS_OK = 1, WEIGHTS_ROW_TILE = 8;
  int ROPE_ROW_TILE = 32, HEAD_DIM_TILE = 32, QH_HEAD_DIM_TILE = 64, QH_QUANT_TILE = 64;
  int CACHE_TILE = 32;
  int K_TILE = 64, OUT_TILE = 64, B_TILE = 8, HEAD_TILE = 64, ROPE_TILE = 32, RMS_TILE = 4;
};
struct TilesV3 {
  int Q_TILE = 32, Q_OUT_TILE = 1024, MM_N_TILE = 512;
  int D_TILE = 64, WEIGHTS_OK = 4;
  int ROPE_ROW_TILE = 32, HEAD_DIM_TILE = 32, QH_HEAD_DIM_TILE = 64, QH_QUANT_TILE = 64;
  int QH_MM_TILE = 64, QUANT_NSPLIT = 4;
  int CACHE_TILE = 64, MAT_TILE = 512, REDUCE_TILE = 128, REDUCE_NSPLIT = 4;
  int K_TILE = 64, PROJ_OUT_TILE = 32, B_TILE = 8, HEAD_TILE = 64, ROPE_TILE = 32, RMS_TILE = 4;
};

constexpr float kNegInf = indexer::kNegInf;
constexpr float kScale = indexer::kWeightsScale;

std::size_t Count(long n) { return static_cast<std::size_t>(n); }

struct Size {
  int B, S, D, QL, page, table, score_len, K;
};

// Queries rotate by nothing; the matrix is the identity; codes, weights and keys are zeros until
// set. The compressor ends no window and stores nothing.
template <typename Args>
struct Case {
  typedef typename Args::Cache Cache;

  explicit Case(const Size& n)
      : tokens(Count(n.B) * Count(n.S)),
        x(tokens * Count(n.D)),
        weights_proj(Count(n.D) * 64),
        hadamard(128 * 128),
        wkv(256 * Count(n.D)),
        wgate(wkv.size()),
        norm_w(128),
        qr(tokens * Count(n.QL)),
        wq_b(Count(n.QL) * 8192),
        qr_scale(tokens),
        wq_b_scale(8192),
        cos(Count(n.B) * 32),
        sin(cos.size()),
        ape(4 * 256),
        state(2 * 4 * 512),
        cache_scale(Count(n.B * n.table * n.page)),
        cache(cache_scale.size() * 128),
        state_table(Count(n.B) * 40, -1),
        block_table(Count(n.B * n.table)),
        positions(tokens),
        lengths(Count(n.B), n.S),
        slots(tokens, -1),
        state_slots(tokens, -1),
        inner_kv(tokens * 128),
        score(tokens * Count(n.score_len)),
        idx(score.size()),
        floats(tokens * (256 + 256 + 128 + 8192 + 64 * (indexer::kMostSlices + 2))),
        q_rot(tokens * 8192),
        ints(Count(simd::SumsSize(static_cast<long>(tokens), 8192)) + tokens * (8192 + 64) +
             4 * score.size()) {
    for (Guarded<bf16>* zeros : {&x, &weights_proj, &hadamard, &wkv, &wgate, &norm_w}) {
      for (bf16& v : zeros->all()) v = golden::Bf16Rne(0);
    }
    for (std::size_t i = 0; i < 128; ++i) hadamard[i * 129] = golden::Bf16Rne(1);
    for (Guarded<signed char>* zeros : {&qr, &wq_b}) {
      for (signed char& code : zeros->all()) code = 0;
    }
    for (Guarded<float>* zeros : {&sin, &ape, &state}) {
      for (float& v : zeros->all()) v = 0;
    }
    for (Guarded<float>* ones : {&qr_scale, &wq_b_scale, &cos, &cache_scale}) {
      for (float& v : ones->all()) v = 1;
    }
    for (Cache& v : cache.all()) v = Cache{};
    for (std::size_t i = 0; i < block_table.size(); ++i) block_table[i] = static_cast<int>(i);
    Bind(n);
  }

  void Bind(const Size& n) {
    args = Args{};
    args.x = x.data();
    args.qr = qr.data();
    args.qr_scale = qr_scale.data();
    args.wq_b = wq_b.data();
    args.wq_b_scale = wq_b_scale.data();
    args.weights_proj = weights_proj.data();
    args.cos = cos.data();
    args.sin = sin.data();
    args.hadamard = hadamard.data();
    args.inner_compress_state = state.data();
    args.inner_compress_state_block_table = state_table.data();
    args.inner_wkv = wkv.data();
    args.inner_wgate = wgate.data();
    args.inner_ape = ape.data();
    args.inner_norm_w = norm_w.data();
    args.idx_kv_cache = cache.data();
    args.idx_kv_scale = cache_scale.data();
    args.idx_block_table = block_table.data();
    args.position_ids = positions.data();
    args.idx_slot_mapping = slots.data();
    args.inner_state_slot_mapping = state_slots.data();
    args.kv_seq_lens = lengths.data();
    args.inner_kv = inner_kv.data();
    args.score = score.data();
    args.topk_idxs = idx.data();
    float* f = floats.data();
    for (auto [member, size] : {std::pair{&Args::kv_proj, 256},
                                {&Args::score_proj, 256},
                                {&Args::pooled, 128},
                                {&Args::q, 8192},
                                {&Args::q_scale, 64},
                                {&Args::weights, 64},
                                {&Args::weights_partials, 0}}) {
      args.*member = f;
      f += tokens * Count(size);
    }
    args.q_rot = q_rot.data();
    args.q_sums = ints.data();
    args.q_words = args.q_sums + simd::SumsSize(static_cast<long>(tokens), 8192);
    args.q_starts = args.q_words + tokens * 8192;
    args.lists = args.q_starts + tokens * 64;
    args.B = n.B;
    args.S = n.S;
    args.D = n.D;
    args.QL = n.QL;
    args.STATE_BLOCKS = 2;
    args.STATE_PAGES = 40;
    args.BLOCKS = n.B * n.table;
    args.PAGE = n.page;
    args.TABLE = n.table;
    args.SCORE_LEN = n.score_len;
    args.IDX_TOPK = n.K;
  }

  void Run(void (*kernel)(const Args&)) {
    for (Guarded<float>* f : {&inner_kv, &score, &floats}) f->Poison();
    for (Guarded<int>* i : {&idx, &ints}) i->Poison();
    q_rot.Poison();
    kernel(args);
  }

  std::vector<float> Scores() { return {score.begin(), score.end()}; }
  std::vector<int> Chosen() { return {idx.begin(), idx.end()}; }

  std::size_t tokens;
  Guarded<bf16> x, weights_proj, hadamard, wkv, wgate, norm_w;
  Guarded<signed char> qr, wq_b;
  Guarded<float> qr_scale, wq_b_scale, cos, sin, ape, state, cache_scale;
  Guarded<Cache> cache;
  std::vector<int> state_table;
  std::vector<int> block_table;
  std::vector<int> positions, lengths;
  std::vector<long> slots, state_slots;
  Guarded<float> inner_kv, score;
  Guarded<int> idx;
  Guarded<float> floats;
  Guarded<bf16> q_rot;
  Guarded<int> ints;
  Args args;
};

// Head 0 looks along the first axis, with weight 1: q = (10·0.5)·2 = 10, which is code 127 of scale
// 1/12.7. Key 4 is code 127 of scale 1/31.75.
TEST(IndexerW8A8, ByHand) {
  Case<IndexerW8A8Args> c({1, 1, 1, 1, 4, 1, 4, 2});
  c.x[0] = c.weights_proj[0] = golden::Bf16Rne(1);
  c.qr[0] = 10;
  c.wq_b[0] = 1;
  c.qr_scale[0] = 0.5f;
  c.wq_b_scale[0] = 2;
  c.cache[128] = golden::Bf16Rne(4);
  c.cache[256] = golden::Bf16Rne(-4);
  c.positions[0] = 12;
  c.lengths[0] = 13;
  c.args.offset = 129;
  const float head = 16129.0f * (1.0f / (127.0f / 10.0f));  // each step rounds
  const float score = head * (1.0f / (127.0f / 4.0f));
  for (auto* kernel : {&IndexerW8A8Golden, &IndexerW8A8<Tiles{}>}) {
    c.Run(kernel);
    EXPECT_EQ(c.Scores(), (std::vector<float>{0, score * kScale, 0, kNegInf}));
    EXPECT_EQ(c.Chosen(), (std::vector<int>{130, 129, -1, -1}));
    EXPECT_EQ(c.inner_kv[0], 0);
  }
}

// The same with stored codes: 100 of scale 0.25, applied after the heads are summed.
TEST(IndexerW8A8V3, ByHand) {
  Case<IndexerW8A8V3Args> c({1, 1, 1, 1, 4, 1, 4, 2});
  c.x[0] = c.weights_proj[0] = golden::Bf16Rne(1);
  c.qr[0] = 10;
  c.wq_b[0] = 1;
  c.cache[128] = 100;
  c.cache_scale[1] = 0.25f;
  c.positions[0] = 12;
  c.lengths[0] = 13;
  const float head = 12700.0f * (1.0f / (127.0f / 10.0f));
  for (auto* kernel : {&IndexerW8A8V3Golden, &IndexerW8A8V3<TilesV3{}>}) {
    c.Run(kernel);
    EXPECT_EQ(c.Scores(), (std::vector<float>{0, head * kScale * 0.25f, 0, kNegInf}));
    EXPECT_EQ(c.Chosen(), (std::vector<int>{1, 0, -1, -1}));
  }
}

// Tokens at positions 6 … 9 of a sequence of 10: V2 shows both keys to all of them, V3 the second
// one only from position 7 on.
TEST(IndexerW8A8, VisibilityWithinTheStep) {
  const Size size{1, 4, 1, 1, 4, 1, 3, 2};
  Case<IndexerW8A8Args> v2(size);
  Case<IndexerW8A8V3Args> v3(size);
  v2.positions = v3.positions = {6, 7, 8, 9};
  v2.lengths = v3.lengths = {10};
  // Position 7 ends a window, which is not mapped but for this step's tokens, and goes nowhere.
  for (auto* table : {&v2.state_table, &v3.state_table}) (*table)[1] = 0;
  v2.state_slots = v3.state_slots = {2, 3, -1, -1};
  for (auto* kernel : {&IndexerW8A8Golden, &IndexerW8A8<Tiles{}>}) {
    v2.Run(kernel);
    EXPECT_EQ(v2.Chosen(), (std::vector<int>{0, 1, -1, 0, 1, -1, 0, 1, -1, 0, 1, -1}));
  }
  for (auto* kernel : {&IndexerW8A8V3Golden, &IndexerW8A8V3<TilesV3{}>}) {
    v3.Run(kernel);
    EXPECT_EQ(v3.Chosen(), (std::vector<int>{0, -1, -1, 0, 1, -1, 0, 1, -1, 0, 1, -1}));
    EXPECT_EQ(v3.score[1], kNegInf);
  }
}

template <typename Args>
void FillRandom(Case<Args>& c, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  for (Guarded<bf16>* values : {&c.x, &c.weights_proj, &c.hadamard}) {
    for (bf16& v : values->all()) v = golden::Bf16Rne(SmallValue(random));
  }
  for (Guarded<signed char>* codes : {&c.qr, &c.wq_b}) {
    for (signed char& code : codes->all()) code = static_cast<signed char>(random() % 255);
  }
  for (Guarded<float>* scales : {&c.qr_scale, &c.wq_b_scale, &c.cache_scale}) {
    for (float& v : scales->all()) v = 0.01f * (1.5f + SmallValue(random));
  }
  for (float& v : c.cos.all()) v = SmallValue(random);
  for (float& v : c.sin.all()) v = SmallValue(random);
}

// Every row of scores, codes -127 … 127 of the cache at its own place in a pool of pages.
template <typename Args>
void FillCache(Case<Args>& c, const std::vector<int>& pages) {
  c.block_table = pages;
  c.args.idx_block_table = c.block_table.data();
  for (int j = 0; j < c.args.SCORE_LEN; ++j) {
    const int page = c.args.PAGE;
    const std::size_t row = Count(pages[Count(j / page)] * page + j % page);
    std::mt19937_64 random(Count(j) + 77);
    c.cache_scale[row] = 0.01f * (1.5f + SmallValue(random));
    for (std::size_t d = 0; d < 128; ++d) {
      c.cache[row * 128 + d] = static_cast<signed char>(random() % 255);
    }
  }
}

// A page holds what the cache's second dimension says: 128 rows or 32, in any order.
TEST(IndexerW8A8V3, PageLengthComesFromTheCache) {
  Case<IndexerW8A8V3Args> one({1, 2, 70, 33, 128, 1, 128, 50}),
      four({1, 2, 70, 33, 32, 4, 128, 50});
  for (auto* c : {&one, &four}) {
    FillRandom(*c, 5);
    c->positions = {509, 510};
    c->lengths = {511};
    c->state_table.assign(200, -1);
    c->args.inner_compress_state_block_table = c->state_table.data();
    c->args.STATE_PAGES = 200;
  }
  FillCache(one, {0});
  FillCache(four, {2, 0, 3, 1});
  one.Run(&IndexerW8A8V3<TilesV3{}>);
  constexpr TilesV3 kOthers{.Q_OUT_TILE = 192,
                            .MM_N_TILE = 64,
                            .ROPE_ROW_TILE = 5,
                            .QH_QUANT_TILE = 24,
                            .QH_MM_TILE = 7,
                            .QUANT_NSPLIT = 3,
                            .CACHE_TILE = 9,
                            .MAT_TILE = 48,
                            .REDUCE_TILE = 32,
                            .REDUCE_NSPLIT = 2};
  four.Run(&IndexerW8A8V3<kOthers>);
  EXPECT_EQ(one.Scores(), four.Scores());
  EXPECT_EQ(one.Chosen(), four.Chosen());
  const std::vector<float> tiled = one.Scores();
  one.Run(&IndexerW8A8V3Golden);
  for (std::size_t i = 0; i < tiled.size(); ++i) {
    const float expected = one.Scores()[i];
    EXPECT_EQ(expected == kNegInf, i % 128 == 127);
    EXPECT_NEAR(tiled[i], expected, expected == kNegInf ? 0 : 5e-3 + 1e-2 * std::fabs(expected));
  }
}

}  // namespace
}  // namespace kernels
