// Which rows of which cache a token attends to, block by block: contracts name them differently,
// the rest of the core sees a list of row numbers.
#pragma once

#include "kernels/attention/attention_args.h"
#include "kernels/simd/vec.h"

namespace kernels::attention {

/// The caches as one sequence of rows: window cache, this step's tokens, compressed cache.
struct RowPools {
  const AttentionArgs& a;
  long overlay = long{a.ORI_BLOCKS} * kWindow;  // the first row of this step's tokens
  long compressed = overlay + long{a.B} * a.S;  // the first row of the compressed cache

  const bf16* At(long row) const {
    if (row < overlay) return a.ori_kv + row * kHeadDim;
    if (row < compressed) return a.mtp_kv_overlay + (row - overlay) * kHeadDim;
    return a.cmp_kv + (row - compressed) * kHeadDim;
  }
  /// Through a table of CMP_MAX entries; −1 where nothing is mapped.
  long Compressed(const int* table, long column) const {
    if (column < 0 || column >= long{a.CMP_MAX} * a.CMP_PAGE) return -1;
    const long page = table[column / a.CMP_PAGE];
    return page < 0 ? -1 : compressed + page * a.CMP_PAGE + column % a.CMP_PAGE;
  }
};

/// V2 of CSA and HCA: code r < 128 is a slot of the batch's page, r < 128 + S a token of this step,
/// any other a compressed column; negative none. Columns stay where they are.
struct CodedRows {
  static long Columns(const AttentionArgs& a) { return a.TOPK; }
  static long RowOf(const RowPools& pools, long t, long column) {
    const AttentionArgs& a = pools.a;
    const long b = t / a.S, code = a.cmp_sparse_indices[t * a.TOPK + column];
    if (code < 0) return -1;
    if (code < kWindow) {
      const long page = a.ori_block_table[b];
      return page < 0 ? -1 : page * kWindow + code;
    }
    if (code < kWindow + a.S) return pools.overlay + b * a.S + code - kWindow;
    return pools.Compressed(a.cmp_block_table + b * a.CMP_MAX, code - kWindow - a.S);
  }
};

/// V2 of SWA: the same codes below 128 + S as a set. A column is a row of the batch's page in its
/// order, then every token of this step in its order.
struct SetRows {
  static long Columns(const AttentionArgs& a) {
    return kWindow + Blocks(long{a.B} * a.S, kAttnKTile) * kAttnKTile;
  }
  static long RowOf(const RowPools& pools, long t, long column) {
    const AttentionArgs& a = pools.a;
    const long b = t / a.S, page = a.ori_block_table[b];
    const bool in_window = column < kWindow;
    const long s = column - kWindow - b * a.S;
    if (in_window ? page < 0 : s < 0 || s >= a.S) return -1;
    const int code = static_cast<int>(in_window ? column : kWindow + s);
    const int* codes = a.cmp_sparse_indices + t * a.TOPK;
    int found = 0;
    for (int k = 0; k < a.TOPK; ++k) found |= static_cast<int>(codes[k] == code);
    if (!found) return -1;
    return in_window ? page * kWindow + column : pools.overlay + column - kWindow;
  }
};

/// V3: physical rows of the window first, then compressed columns.
struct WindowThenCompressed {
  static long Window(const AttentionArgs& a, long t, long column) {
    return a.window_indices[t * kWindow + column];
  }
  static long Table(const AttentionArgs& a, long t) { return t / a.S * a.CMP_MAX; }
};

struct HcaV3Rows : WindowThenCompressed {
  static long Columns(const AttentionArgs& a) { return kWindow + a.TOPK; }
  static long RowOf(const RowPools& pools, long t, long column) {
    const AttentionArgs& a = pools.a;
    if (column < kWindow) return Window(a, t, column);
    return pools.Compressed(a.cmp_block_table + Table(a, t),
                            a.cmp_sparse_indices[t * a.TOPK + column - kWindow]);
  }
};

/// The indexer's columns as they are; a token sees those that were complete at its position.
struct CsaV3Rows : WindowThenCompressed {
  static long Columns(const AttentionArgs& a) { return kWindow + a.IDX_TOPK; }
  static long RowOf(const RowPools& pools, long t, long column) {
    const AttentionArgs& a = pools.a;
    if (column < kWindow) return Window(a, t, column);
    const long raw = a.idx_topk[t * a.SCORE_LEN + column - kWindow];
    if (raw >= (a.position_ids[t] + 1) / 4) return -1;
    return pools.Compressed(a.cmp_block_table + Table(a, t), raw);
  }
};

struct SwaV3Rows {
  static long Columns(const AttentionArgs&) { return kWindow; }
  static long RowOf(const RowPools& pools, long t, long column) {
    const AttentionArgs& a = pools.a;
    return column < a.window_lens[t] ? a.window_indices[t * kWindow + column] : -1;
  }
};

/// V2 of prefill: one sequence of S tokens. Codes as CodedRows, but the overlay is the whole chunk,
/// of which only active tokens count.
struct PrefillRows {
  static long Width(const AttentionArgs& a) { return kWindow + a.IDX_TOPK; }
  /// What the original's buffers hold: PREFILL_SPARSE_TOPK columns, rounded up to blocks.
  static long Held(const AttentionArgs& a) {
    const long window = Clip(0, kWindow, a.S);
    const long compressed = a.IDX_TOPK < 1 ? 1 : Clip(0, 192, a.IDX_TOPK);
    return Clip(0, Blocks(Clip(0, window + compressed, Width(a)), kAttnKTile) * kAttnKTile,
                Width(a));
  }
  static long Columns(const AttentionArgs& a) { return Held(a); }
  static long ColumnsOf(const AttentionArgs& a, long t) {
    return Clip(0, a.cmp_sparse_lens[t], Held(a));
  }
  static long RowOf(const RowPools& pools, long t, long column) {
    const AttentionArgs& a = pools.a;
    const long code = a.cmp_sparse_indices[t * Width(a) + column];
    if (code < 0) return -1;
    if (code < kWindow) {
      const long page = a.ori_block_table[0];
      return page < 0 ? -1 : page * kWindow + code;
    }
    if (code >= kWindow + a.S) return pools.Compressed(a.cmp_block_table, code - kWindow - a.S);
    return code - kWindow < a.num_tokens ? pools.overlay + code - kWindow : -1;
  }
};

/// V3 of prefill: as HcaV3Rows with one table.
struct PrefillV3Rows {
  static long Columns(const AttentionArgs& a) { return kWindow + a.IDX_TOPK; }
  static long ColumnsOf(const AttentionArgs& a, long /*t*/) { return Columns(a); }
  static long RowOf(const RowPools& pools, long t, long column) {
    const AttentionArgs& a = pools.a;
    if (column < kWindow) return a.window_indices[t * kWindow + column];
    return pools.Compressed(a.cmp_block_table,
                            a.cmp_sparse_indices[t * a.IDX_TOPK + column - kWindow]);
  }
};

/// Blocks of columns of a token.
template <typename Contract>
long ColumnBlocks(const AttentionArgs& a) {
  return Blocks(Contract::Columns(a), kAttnKTile);
}

/// Writes the rows of each of token t's blocks, in the order of their columns, without the invalid
/// ones: those have weight 0 and no part in the largest score, so the block is the same without
/// them.
template <typename Contract>
void ListRows(const AttentionArgs& a, long t) {
  const RowPools pools{a};
  const long columns = Contract::Columns(a), blocks = ColumnBlocks<Contract>(a);
  for (long block = 0; block < blocks; ++block) {
    int* rows = a.rows + (t * blocks + block) * kAttnKTile;
    int count = 0;
    const long end = Clip(block * kAttnKTile, kAttnKTile, columns);
    for (long column = block * kAttnKTile; column < end; ++column) {
      const long row = Contract::RowOf(pools, t, column);
      rows[count] = static_cast<int>(row);
      count += static_cast<int>(row >= 0);
    }
    a.counts[t * blocks + block] = count;
  }
}

/// Writes all rows of token t one behind another, without the invalid ones; blocks are cut from
/// that list. Padding tokens have none.
template <typename Contract>
void ListCompacted(const AttentionArgs& a, long t) {
  const RowPools pools{a};
  int* rows = a.rows + t * ColumnBlocks<Contract>(a) * kAttnKTile;
  const long columns = t < a.num_tokens ? Contract::ColumnsOf(a, t) : 0;
  int count = 0;
  for (long column = 0; column < columns; ++column) {
    const long row = Contract::RowOf(pools, t, column);
    if (row >= 0) rows[count++] = static_cast<int>(row);
  }
  a.counts[t] = count;
}

}  // namespace kernels::attention
