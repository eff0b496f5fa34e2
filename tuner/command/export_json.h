// A whole database as one JSON text, for other tools and for safe-keeping:
//   {"tilesmith_export": 1, "tables": [{"name": "trial", "columns": ["id", …], "rows": [[1, …],
//   …]}, …]}
// Numbers that JSON does not have are objects: {"real": "inf"}. Missing values are null.
#pragma once

#include <cstdint>
#include <string>

#include "results/store.h"

namespace tilesmith {

/// Every table of the store.
std::string ExportJson(const ResultStore& store);

/// How many rows an import added or replaced.
struct ImportCounts {
  std::int64_t trials = 0, duels = 0;
};

/// Merges what ExportJson wrote into the store. `file` is for messages. Throws UserError for
/// anything else than such a text; the store is then unchanged.
ImportCounts ImportJson(ResultStore& into, const std::string& text, const std::string& file);

}  // namespace tilesmith
