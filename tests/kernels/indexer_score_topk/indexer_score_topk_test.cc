#include "kernels/indexer_score_topk/indexer_score_topk.h"

#include <cstddef>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/golden/rounding.h"
#include "kernels/indexer_score_topk/indexer_score_topk_golden.h"
#include "tests/kernels/guarded.h"

namespace kernels {
namespace {

struct Tiles {
  int Q_CHUCK = 128;
  int Q_OUT_CHUCK = 128;
  int ROPE_CHUCK = 16;
  int HEAD_DIM_CHUCK = 32;
  int D_CHUCK = 32;
  int HEAD_CHUNK = 16;
  int CACHE_TILE = 32;
};

constexpr float kNegInf = indexer::kNegInf;
constexpr float kScale = indexer::kWeightsScale;

std::size_t Count(long n) { return static_cast<std::size_t>(n); }

// One token per batch, inner dimensions of one: q is the weight's row, rotated by nothing, times
// the identity.
struct Case {
  Case(int B, int keys, int score_len, int K)
      : x(Count(B)),
        qr(Count(B)),
        wq_b(8192),
        weights_proj(64),
        hadamard(128 * 128),
        cache(Count(B) * Count(keys) * 128),
        cos(Count(B) * 32),
        sin(Count(B) * 32),
        seq_lens(Count(B)),
        score(Count(B) * Count(score_len)),
        q(Count(B) * 8192),
        q_rot(q.size()),
        partials(Count(B) * 64),
        weights(partials.size()),
        idx(score.size()),
        lists(4 * score.size()) {
    for (Guarded<bf16>* zeros : {&wq_b, &weights_proj, &hadamard, &cache}) {
      for (bf16& v : zeros->all()) v = golden::Bf16Rne(0);
    }
    for (Guarded<bf16>* ones : {&x, &qr}) {
      for (bf16& v : ones->all()) v = golden::Bf16Rne(1);
    }
    for (std::size_t i = 0; i < 128; ++i) hadamard[i * 129] = golden::Bf16Rne(1);
    for (float& v : cos.all()) v = 1;
    for (float& v : sin.all()) v = 0;
    args = {.x = x.data(),
            .qr = qr.data(),
            .wq_b = wq_b.data(),
            .weights_proj = weights_proj.data(),
            .cos = cos.data(),
            .sin = sin.data(),
            .even_select = nullptr,
            .odd_select = nullptr,
            .hadamard = hadamard.data(),
            .idx_kv_cache = cache.data(),
            .idx_block_table = nullptr,
            .kv_seq_lens = nullptr,
            .score = score.data(),
            .topk_idxs = idx.data(),
            .q = q.data(),
            .q_rot = q_rot.data(),
            .weights_partials = partials.data(),
            .weights = weights.data(),
            .lists = lists.data(),
            .B = B,
            .S = 1,
            .D = 1,
            .QL = 1,
            .CACHE_LEN = keys,
            .BLOCKS = 0,
            .PAGE = 0,
            .TABLE = 0,
            .SCORE_LEN = score_len,
            .IDX_TOPK = K,
            .start_pos = 4 * keys - 1,
            .offset = 0};
  }

  void Set(Guarded<bf16>& operand, long i, float value) {
    operand[Count(i)] = golden::Bf16Rne(value);
  }

  // Batches of the table's rows, each with a sequence of its own.
  void UsePages(const std::vector<int>& pages, int page, const std::vector<int>& lengths) {
    for (std::size_t b = 0; b < lengths.size(); ++b) seq_lens[b] = lengths[b];
    page_table = pages;
    args.idx_block_table = page_table.data();
    args.kv_seq_lens = seq_lens.data();
    args.PAGE = page;
    args.TABLE = static_cast<int>(pages.size()) / args.B;
  }

  void Run(void (*kernel)(const IndexerScoreTopKArgs&)) {
    for (Guarded<float>* f : {&score, &q, &q_rot, &partials, &weights}) f->Poison();
    idx.Poison();
    lists.Poison();
    kernel(args);
  }

  std::vector<float> Scores() { return {score.begin(), score.end()}; }
  std::vector<int> Chosen() { return {idx.begin(), idx.end()}; }

  // Both must give just this.
  void Expect(const std::vector<float>& scores, const std::vector<int>& chosen) {
    for (auto* kernel : {&IndexerScoreTopKGolden, &IndexerScoreTopK<Tiles{}>}) {
      Run(kernel);
      EXPECT_EQ(Scores(), scores);
      EXPECT_EQ(Chosen(), chosen);
    }
  }

  Guarded<bf16> x, qr, wq_b, weights_proj, hadamard, cache;
  Guarded<float> cos, sin;
  Guarded<int> seq_lens;
  Guarded<float> score, q, q_rot, partials, weights;
  Guarded<int> idx, lists;
  std::vector<int> page_table;
  IndexerScoreTopKArgs args;
};

// Heads 0 and 1 look along the first axis, in opposite directions, with weights 4 and -8.
void TwoHeads(Case& c) {
  c.Set(c.wq_b, 0, 2);
  c.Set(c.wq_b, 128, -3);
  c.Set(c.weights_proj, 0, 4);
  c.Set(c.weights_proj, 1, -8);
}

// Keys 1, -1, 0, 5 along that axis: relu(2·k)·4 + relu(-3·k)·(-8), scaled.
TEST(IndexerScoreTopK, ByHand) {
  Case c(1, 4, 6, 3);
  TwoHeads(c);
  const float keys[] = {1, -1, 0, 5};
  for (int j = 0; j < 4; ++j) c.Set(c.cache, j * 128, keys[j]);
  c.args.offset = 128;
  const float four = 4 * kScale, eight = -8 * kScale;
  c.Expect({2 * four, 3 * eight, 0, 10 * four, kNegInf, kNegInf}, {131, 128, 130, -1, -1, -1});
}

// A quarter turn takes (x, y) to (-y, x). Rotated columns round to bf16, the others don't: the
// square of 1.0078125 is 1.01568603515625, in bf16 1.015625.
TEST(IndexerScoreTopK, RotatesAndRoundsTheTailOnly) {
  Case c(1, 3, 3, 3);
  c.Set(c.qr, 0, 1.0078125f);
  c.Set(c.wq_b, 0, 1.0078125f);
  c.Set(c.wq_b, 64, 1.0078125f);
  c.Set(c.weights_proj, 0, 1);
  for (float& v : c.cos.all()) v = 0;
  for (float& v : c.sin.all()) v = 1;
  c.Set(c.cache, 0, 1);             // the first column
  c.Set(c.cache, 128 + 65, 1);      // where column 64 goes
  c.Set(c.cache, 2 * 128 + 64, 1);  // where it came from
  c.Expect({1.01568603515625f * kScale, 1.015625f * kScale, 0}, {0, 1, 2});
}

TEST(IndexerScoreTopK, NothingVisible) {
  Case c(2, 4, 5, 3);
  TwoHeads(c);
  c.args.start_pos = 2;
  c.Expect(std::vector<float>(10, kNegInf), std::vector<int>(10, -1));
}

TEST(IndexerScoreTopK, AsManyAsAreVisible) {
  for (const int K : {3, 4, 5}) {
    Case c(1, 4, 7, K);
    TwoHeads(c);
    for (int j = 0; j < 4; ++j) c.Set(c.cache, j * 128, static_cast<float>(j));
    c.Run(&IndexerScoreTopK<Tiles{}>);
    const std::vector<int> best = {3, 2, 1, K > 3 ? 0 : -1, -1, -1, -1};
    EXPECT_EQ(c.Chosen(), best);
  }
}

// Keys of the same score go by index, also where all heads are cut off at 0.
TEST(IndexerScoreTopK, TiesGoByIndex) {
  Case c(1, 70, 70, 64);
  c.Run(&IndexerScoreTopK<Tiles{}>);
  for (std::size_t j = 0; j < 70; ++j) EXPECT_EQ(c.idx[j], j < 64 ? static_cast<int>(j) : -1);
}

// Two batches with two pages of 3 keys each; the second batch's first page is gone, and only one
// key of its other page is visible.
TEST(IndexerScoreTopK, PagesAreWhereTheTableSays) {
  Case c(2, 6, 6, 4);
  TwoHeads(c);
  for (int row = 0; row < 12; ++row) c.Set(c.cache, row * 128, static_cast<float>(row));
  c.UsePages({3, 0, -1, 1}, 3, {27, 19});
  const float unit = 8 * kScale;
  c.Expect({9 * unit, 10 * unit, 11 * unit, 0, unit, 2 * unit,  //
            kNegInf, kNegInf, kNegInf, 3 * unit, kNegInf, kNegInf},
           {2, 1, 0, 5, -1, -1, /**/ 3, 0, 1, 2, -1, -1});
}

// Random operands: pages of any length and order hold the same keys as one row of memory.
TEST(IndexerScoreTopK, PagedIsContiguous) {
  Case flat(1, 66, 66, 20), paged(1, 66, 66, 20);
  std::mt19937_64 random(3);
  const auto fill = [&](Guarded<bf16>& a, Guarded<bf16>& b) {
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = b[i] = golden::Bf16Rne(SmallValue(random));
  };
  fill(flat.wq_b, paged.wq_b);
  fill(flat.weights_proj, paged.weights_proj);
  fill(flat.hadamard, paged.hadamard);
  std::vector<int> pages;
  for (int page = 0; page < 6; ++page) pages.push_back((5 * page + 2) % 6);
  for (std::size_t j = 0; j < 66; ++j) {
    const std::size_t row = Count(pages[j / 11]) * 11 + j % 11;
    for (std::size_t d = 0; d < 128; ++d) {
      flat.cache[j * 128 + d] = paged.cache[row * 128 + d] = golden::Bf16Rne(SmallValue(random));
    }
  }
  paged.UsePages(pages, 11, {4 * 66});
  flat.Run(&IndexerScoreTopK<Tiles{}>);
  paged.Run(&IndexerScoreTopK<Tiles{.Q_OUT_CHUCK = 48, .HEAD_CHUNK = 5, .CACHE_TILE = 7}>);
  EXPECT_EQ(flat.Scores(), paged.Scores());
  EXPECT_EQ(flat.Chosen(), paged.Chosen());
  paged.Run(&IndexerScoreTopKGolden);
  for (std::size_t j = 0; j < 66; ++j) EXPECT_NEAR(flat.score[j], paged.score[j], 1e-4);
}

}  // namespace
}  // namespace kernels
