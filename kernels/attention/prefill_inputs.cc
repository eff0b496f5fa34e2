#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kernels/attention/inputs.h"
#include "kernels/golden/attention_fills.h"

namespace kernels::attention {
namespace {

using tilesmith::CaseInputs;

std::size_t Size(std::int64_t n) { return static_cast<std::size_t>(n); }

// Where the chunk begins: at the sequence's start, on a page, or anywhere; the compressed cache has
// room for `limit` tokens.
int ChunkStart(CaseInputs& inputs, int limit) {
  const std::uint64_t random = inputs.Random();
  const int room = std::max(1, limit - static_cast<int>(inputs.Dim("T")));
  if (random % 4 == 0) return 0;
  if (random % 4 == 1) return std::min(128, room - 1);
  return static_cast<int>((random >> 2) % static_cast<std::uint64_t>(room));
}

// Windows and a choice of compressed columns of one token, as codes of V2.
std::vector<int> TokenCodes(CaseInputs& inputs, int start, int t, int tokens, std::size_t choice) {
  std::vector<int> codes;
  for (int p = std::max(0, start + t - 127); p <= start + t; ++p) {
    codes.push_back(p < start ? p % 128 : 128 + p - start);
  }
  std::vector<int> columns(choice);
  golden::FillTopk(inputs, columns, (start + t + 1) / 4, 128 + tokens);
  codes.insert(codes.end(), columns.begin(), columns.end());
  codes[inputs.Random() % codes.size()] = -1;  // holes are legal anywhere
  return codes;
}

}  // namespace

void FillPrefillCodes(CaseInputs& inputs) {
  const auto tokens = static_cast<int>(inputs.Dim("T"));
  const std::size_t choice = Size(inputs.Dim("IDX_TOPK")), columns = 128 + choice;
  const std::span<int> indices = inputs.Get<int>("cmp_sparse_indices");
  const std::span<int> lengths = inputs.Get<int>("cmp_sparse_lens");
  const int start =
      ChunkStart(inputs, static_cast<int>(4 * inputs.Dim("CMP_MAX") * inputs.Dim("CMP_PAGE")));
  std::ranges::fill(indices, -1);
  for (int t = 0; t < tokens; ++t) {
    const std::vector<int> codes = TokenCodes(inputs, start, t, tokens, choice);
    std::ranges::copy(codes, indices.begin() + static_cast<std::ptrdiff_t>(Size(t) * columns));
    lengths[Size(t)] = static_cast<int>(codes.size());
  }
}

void FillPrefillRows(CaseInputs& inputs) {
  const std::span<int> rows = inputs.Get<int>("swa_indices");
  const std::span<int> columns = inputs.Get<int>("cmp_indices");
  const std::size_t tokens = rows.size() / 128, choice = columns.size() / tokens;
  const int start =
      ChunkStart(inputs, static_cast<int>(4 * inputs.Dim("CMP_MAX") * inputs.Dim("CMP_PAGE")));
  const auto pages = static_cast<int>(inputs.Dim("ORI_BLOCKS"));
  const int shift = static_cast<int>(inputs.Random() % static_cast<std::uint64_t>(pages));
  std::ranges::fill(rows, -1);
  for (std::size_t t = 0; t < tokens; ++t) {
    const int position = start + static_cast<int>(t), oldest = std::max(0, position - 127);
    for (int p = oldest; p <= position; ++p) {
      const int page = (p / 128 + shift) % pages;
      rows[t * 128 + Size(p - oldest)] = page * 128 + p % 128;
    }
    golden::FillTopk(inputs, columns.subspan(t * choice, choice), (position + 1) / 4, 0);
  }
}

}  // namespace kernels::attention
