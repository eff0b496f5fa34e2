#include "kernels/prefill_indexer_compressor/prefill_indexer_compressor_golden.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "kernels/golden/linear.h"
#include "kernels/golden/rounding.h"
#include "kernels/prefill_compressor/prefill_chunk_golden.h"

namespace kernels {
namespace {

constexpr std::size_t kHead = PrefillIndexerRatio4::kHead;

// The row rounds to bf16, its product with the matrix to FP32 and then to bf16: what V2 stores and
// V3 quantises.
std::vector<float> Transform(const PrefillCompressorArgs& a, std::vector<float> row) {
  std::transform(row.begin(), row.end(), row.begin(), golden::RoundBf16);
  row =
      golden::MatMul(row, std::span(a.hadamard, kHead * kHead), kHead, golden::Layout::kInputFirst);
  std::transform(row.begin(), row.end(), row.begin(), golden::RoundBf16);
  return row;
}

// kv's rows of all windows that it has room for; the others are 0.
template <typename Number>
void Compact(const std::vector<std::vector<Number>>& rows, std::size_t room, Number* kv) {
  std::fill_n(kv, room * kHead, Number{});
  for (std::size_t i = 0; i < std::min(rows.size(), room); ++i) {
    std::copy(rows[i].begin(), rows[i].end(), kv + i * kHead);
  }
}

}  // namespace

void PrefillIndexerCompressorGolden(const PrefillCompressorArgs& a) {
  const PrefillChunkGolden<PrefillIndexerRatio4> chunk(a);
  std::vector<std::vector<bf16>> rows;
  std::vector<std::vector<signed char>> codes;
  for (const std::size_t token : chunk.Windows()) {
    const std::vector<float> row = Transform(a, chunk.Row(token));
    const auto slot = static_cast<std::size_t>(a.cmp_slot_mapping[token]);
    if (a.idx_kv_cache == nullptr) {
      rows.emplace_back(kHead);
      std::transform(row.begin(), row.end(), rows.back().begin(), golden::Bf16Rne);
      std::copy(rows.back().begin(), rows.back().end(), a.cmp_kv + slot * kHead);
    } else {
      codes.emplace_back(kHead);
      a.idx_kv_scale[slot] = golden::QuantiseRow(row, codes.back().data());
      std::copy(codes.back().begin(), codes.back().end(), a.idx_kv_cache + slot * kHead);
    }
  }
  const auto room = static_cast<std::size_t>(a.T) / 4;
  if (a.idx_kv_cache == nullptr) Compact(rows, room, a.kv_rows);
  else Compact(codes, room, a.kv_codes);
  chunk.UpdateState();
}

}  // namespace kernels
