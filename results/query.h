// Questions about stored trials, and free SELECTs. What comes back are rows of the view `trials`,
// with the tiles of the kernel and the sizes of the problem usable as columns.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "results/rows.h"
#include "results/store.h"

namespace tilesmith {

/// Which trials, and which of their columns. Empty members do not restrict.
struct Query {
  std::string kernel = {};
  std::string problem = {};
  std::string status = {};
  /// An SQL condition over columns, tiles and sizes: "T_TILE >= 4 AND median_ns < 1e5".
  std::string where = {};
  /// Only the n fastest of each problem on each machine (and thread count); 0 = all.
  int top = 0;
  /// Also trials whose provenance is no longer current.
  bool include_stale = false;
  /// Columns, tiles or sizes wanted, in this order; empty = all columns of the view.
  std::vector<std::string> columns = {};
};

struct Answer {
  Rows rows;  // by kernel, problem, machine, threads, then fastest first; untimed ones last
  /// Trials that match but were left out as stale.
  std::int64_t hidden_stale = 0;
};

/// Asks. Throws UserError for an unknown kernel, problem, status or column, naming the nearest
/// known one, and for a condition SQLite does not understand.
Answer Ask(const ResultStore& store, const Query& query);

/// Runs the user's own SELECT over all tables and views. Throws UserError when it is anything else,
/// has an error, or would write.
Rows AskSql(const ResultStore& store, const std::string& sql);

/// Names usable in Query::where and Query::columns: the columns of the view `trials`, then tiles
/// and sizes of the kernel (of all kernels when empty). A tile named like a column is reached by
/// json_extract(tiles, '$.NAME') only.
std::vector<std::string> ColumnsOf(const ResultStore& store, const std::string& kernel);

}  // namespace tilesmith
