#include <algorithm>
#include <cstddef>
#include <set>

#include "kernels/attention/attention_golden.h"

namespace kernels::golden {
namespace {

using Rows = std::vector<const bf16*>;

constexpr long kPageRows = 128, kRow = 512;
constexpr std::size_t kBlock = 128;

// A row of the window cache.
const bf16* WindowRow(const AttentionArgs& a, long page, long slot) {
  return page < 0 ? nullptr : a.ori_kv + (page * kPageRows + slot) * kRow;
}
const bf16* PhysicalRow(const AttentionArgs& a, long row) {
  return row < 0 ? nullptr : a.ori_kv + row * kRow;
}

// P11: a column of the compressed cache through a table of CMP_MAX pages.
const bf16* CompressedRow(const AttentionArgs& a, const int* table, long column) {
  if (column < 0 || column / a.CMP_PAGE >= a.CMP_MAX) return nullptr;
  const long page = table[column / a.CMP_PAGE];
  return page < 0 ? nullptr : a.cmp_kv + (page * a.CMP_PAGE + column % a.CMP_PAGE) * kRow;
}

const int* TableOf(const AttentionArgs& a, int t) {
  return a.cmp_block_table + static_cast<long>(t / a.S) * a.CMP_MAX;
}

const int* RowOf(const int* matrix, int t, int columns) {
  return matrix + static_cast<long>(t) * columns;
}

Columns CutIntoBlocks(const Rows& rows) {
  Columns blocks;
  for (std::size_t i = 0; i < rows.size(); i += kBlock) {
    const auto begin = rows.begin() + static_cast<long>(i);
    blocks.emplace_back(begin, begin + static_cast<long>(std::min(kBlock, rows.size() - i)));
  }
  return blocks;
}

Rows OnlyValid(Rows rows) {
  std::erase(rows, nullptr);
  return rows;
}

}  // namespace

Columns CodedColumns(const AttentionArgs& a, int t) {
  const int b = t / a.S;
  Rows rows;
  for (int k = 0; k < a.TOPK; ++k) {
    const long code = RowOf(a.cmp_sparse_indices, t, a.TOPK)[k];
    if (code < 0) rows.push_back(nullptr);
    else if (code < 128) rows.push_back(WindowRow(a, a.ori_block_table[b], code));
    else if (code < 128 + a.S) rows.push_back(a.mtp_kv_overlay + (b * a.S + code - 128) * kRow);
    else rows.push_back(CompressedRow(a, TableOf(a, t), code - 128 - a.S));
  }
  return CutIntoBlocks(rows);
}

Columns SetColumns(const AttentionArgs& a, int t) {
  const int b = t / a.S, tokens = a.B * a.S;
  const int* codes = RowOf(a.cmp_sparse_indices, t, a.TOPK);
  const std::set<int> set(codes, codes + a.TOPK);
  Rows page(kBlock, nullptr), overlay(static_cast<std::size_t>(tokens), nullptr);
  for (int slot = 0; slot < 128; ++slot) {
    if (set.contains(slot)) {
      page[static_cast<std::size_t>(slot)] = WindowRow(a, a.ori_block_table[b], slot);
    }
  }
  for (int s = 0; s < a.S; ++s) {
    const long token = static_cast<long>(b) * a.S + s;
    if (set.contains(128 + s)) {
      overlay[static_cast<std::size_t>(token)] = a.mtp_kv_overlay + token * kRow;
    }
  }
  Columns blocks = CutIntoBlocks(overlay);
  blocks.insert(blocks.begin(), page);
  return blocks;
}

Columns HcaV3Columns(const AttentionArgs& a, int t) {
  Rows rows;
  for (int k = 0; k < 128; ++k) rows.push_back(PhysicalRow(a, RowOf(a.window_indices, t, 128)[k]));
  for (int k = 0; k < a.TOPK; ++k) {
    rows.push_back(CompressedRow(a, TableOf(a, t), RowOf(a.cmp_sparse_indices, t, a.TOPK)[k]));
  }
  return CutIntoBlocks(rows);
}

Columns CsaV3Columns(const AttentionArgs& a, int t) {
  Rows rows;
  for (int k = 0; k < 128; ++k) rows.push_back(PhysicalRow(a, RowOf(a.window_indices, t, 128)[k]));
  const int visible = (a.position_ids[t] + 1) / 4;
  for (int k = 0; k < a.IDX_TOPK; ++k) {
    const int raw = RowOf(a.idx_topk, t, a.SCORE_LEN)[k];
    rows.push_back(raw < visible ? CompressedRow(a, TableOf(a, t), raw) : nullptr);
  }
  return CutIntoBlocks(rows);
}

Columns SwaV3Columns(const AttentionArgs& a, int t) {
  Rows rows;
  for (int k = 0; k < 128; ++k) {
    const int row = RowOf(a.window_indices, t, 128)[k];
    rows.push_back(k < a.window_lens[t] ? PhysicalRow(a, row) : nullptr);
  }
  return CutIntoBlocks(rows);
}

Columns PrefillColumns(const AttentionArgs& a, int t) {
  if (t >= a.num_tokens) return {};
  const int width = 128 + a.IDX_TOPK;
  // What the original's buffers hold: PREFILL_SPARSE_TOPK columns, rounded up to blocks.
  const int compressed = std::max(1, std::min(a.IDX_TOPK, 192));
  const int held = std::min(width, std::min(128, a.S) + compressed);
  const int read = std::min({width, (held + 127) / 128 * 128, a.cmp_sparse_lens[t]});
  Rows rows;
  for (int k = 0; k < read; ++k) {
    const long code = RowOf(a.cmp_sparse_indices, t, width)[k];
    if (code < 0) continue;
    if (code < 128) rows.push_back(WindowRow(a, a.ori_block_table[0], code));
    else if (code >= 128 + a.S)
      rows.push_back(CompressedRow(a, a.cmp_block_table, code - 128 - a.S));
    else if (code - 128 < a.num_tokens) rows.push_back(a.mtp_kv_overlay + (code - 128) * kRow);
  }
  return CutIntoBlocks(OnlyValid(rows));
}

Columns PrefillV3Columns(const AttentionArgs& a, int t) {
  if (t >= a.num_tokens) return {};
  Rows rows;
  for (int k = 0; k < 128; ++k) rows.push_back(PhysicalRow(a, RowOf(a.window_indices, t, 128)[k]));
  for (int k = 0; k < a.IDX_TOPK; ++k) {
    rows.push_back(
        CompressedRow(a, a.cmp_block_table, RowOf(a.cmp_sparse_indices, t, a.IDX_TOPK)[k]));
  }
  return CutIntoBlocks(OnlyValid(rows));
}

}  // namespace kernels::golden
