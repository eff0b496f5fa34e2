#include "kernels/indexer_w8a8/indexer_w8a8_golden.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/compressor/compressor_golden.h"
#include "kernels/golden/linear.h"
#include "kernels/golden/rounding.h"
#include "kernels/indexer/golden_steps.h"

namespace kernels {
namespace {

constexpr std::size_t kHeads = 64, kDim = 128;

std::size_t Count(std::int64_t n) { return static_cast<std::size_t>(n); }

// A key as INT8.
struct Key {
  std::array<std::int8_t, kDim> codes;
  float scale;
};

// V2 stores bf16: the row is quantised at every read (P2).
Key KeyAt(const IndexerW8A8Args& a, std::size_t row) {
  Key key;
  const std::vector<float> values = golden::Widen({a.idx_kv_cache + row * kDim, kDim});
  key.scale = golden::QuantiseRow(values, key.codes.data());
  return key;
}
Key KeyAt(const IndexerW8A8V3Args& a, std::size_t row) {
  Key key;
  std::copy_n(a.idx_kv_cache + row * kDim, kDim, key.codes.begin());
  key.scale = a.idx_kv_scale[row];
  return key;
}

// V3 is causal within the step.
std::size_t Visible(const IndexerW8A8Args& a, std::size_t t) {
  return Count(std::min(a.kv_seq_lens[t / Count(a.S)] / 4, a.SCORE_LEN));
}
std::size_t Visible(const IndexerW8A8V3Args& a, std::size_t t) {
  const int of_batch = a.kv_seq_lens[t / Count(a.S)] / 4, of_token = (a.position_ids[t] + 1) / 4;
  return Count(std::min({of_batch, of_token, a.SCORE_LEN}));
}

// The heads' queries of all tokens.
struct Queries {
  std::vector<std::int8_t> codes;  // [T, 64, 128]
  std::vector<float> scales;       // [T, 64]
};

template <typename Args>
Queries ComputeQueries(const Args& a) {
  const std::size_t tokens = Count(a.B) * Count(a.S), QL = Count(a.QL), row = kHeads * kDim;
  const std::vector<std::int32_t> sums = golden::MatMul(
      std::span<const std::int8_t>(a.qr, tokens * QL),
      std::span<const std::int8_t>(a.wq_b, QL * row), QL, golden::Layout::kInputFirst);
  std::vector<float> q(sums.size());
  for (std::size_t i = 0; i < q.size(); ++i) {
    q[i] = golden::Dequantise(sums[i], a.qr_scale[i / row], a.wq_b_scale[i % row]);
  }
  for (std::size_t head = 0; head < tokens * kHeads; ++head) {
    const std::size_t angles = head / (Count(a.S) * kHeads) * 32;
    indexer::GoldenRotateTail({&q[head * kDim], kDim}, a.cos + angles, a.sin + angles);
  }
  for (float& value : q) value = golden::RoundBf16(value);  // the other columns too
  const std::vector<float> mixed = golden::MatMul(q, std::span<const bf16>(a.hadamard, kDim * kDim),
                                                  kDim, golden::Layout::kInputFirst);
  Queries queries{std::vector<std::int8_t>(q.size()), std::vector<float>(tokens * kHeads)};
  for (std::size_t head = 0; head < queries.scales.size(); ++head) {
    queries.scales[head] =
        golden::QuantiseRow({&mixed[head * kDim], kDim}, &queries.codes[head * kDim]);
  }
  return queries;
}

// V2 scales by key before the relu, V3 after the heads are summed.
float Score(const Key& key, std::span<const std::int8_t> q, std::span<const float> q_scale,
            std::span<const float> weights, bool scale_last) {
  const std::vector<std::int32_t> sums = golden::MatMul(q, std::span<const std::int8_t>(key.codes),
                                                        kDim, golden::Layout::kOutputFirst);
  std::array<float, kHeads> scores;
  for (std::size_t h = 0; h < kHeads; ++h) {
    const float scaled = static_cast<float>(sums[h]) * q_scale[h];
    scores[h] = scale_last ? scaled : scaled * key.scale;
  }
  const float score = indexer::GoldenWeigh(scores, weights);
  return scale_last ? score * key.scale : score;
}

template <typename Args>
void Golden(const Args& a) {
  // Its new keys are visible to this very step.
  compressor::SlottedGolden(indexer::CompressorOf(a));
  const std::size_t tokens = Count(a.B) * Count(a.S), length = Count(a.SCORE_LEN);
  const Queries queries = ComputeQueries(a);
  const std::vector<float> weights = indexer::GoldenHeadWeights(
      {a.x, tokens * Count(a.D)}, {a.weights_proj, Count(a.D) * kHeads}, Count(a.D));
  for (std::size_t t = 0; t < tokens; ++t) {
    const std::span<float> score(a.score + t * length, length);
    const int* table = a.idx_block_table + t / Count(a.S) * Count(a.TABLE);
    const std::size_t visible = Visible(a, t);
    for (std::size_t j = 0; j < visible; ++j) {
      const std::int64_t row = indexer::GoldenRow(table, a.PAGE, static_cast<std::int64_t>(j));
      score[j] = row < 0 ? indexer::kGoldenNegInf
                         : Score(KeyAt(a, Count(row)),
                                 std::span(queries.codes).subspan(t * kHeads * kDim, kHeads * kDim),
                                 std::span(queries.scales).subspan(t * kHeads, kHeads),
                                 std::span(weights).subspan(t * kHeads, kHeads), Args::kCodes);
    }
    indexer::GoldenSelect(score, visible, Count(a.IDX_TOPK), a.offset,
                          {a.topk_idxs + t * length, length});
  }
}

}  // namespace

void IndexerW8A8Golden(const IndexerW8A8Args& args) { Golden(args); }
void IndexerW8A8V3Golden(const IndexerW8A8V3Args& args) { Golden(args); }

}  // namespace kernels
