// Looking after result databases: merging, checking, compacting, and carrying them as text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "results/rows.h"
#include "results/store.h"

namespace tilesmith {

struct MergeCounts {
  std::int64_t trials = 0;  // added or replaced by a newer one
  std::int64_t duels = 0;
};

/// Copies what `from` (a database file, left unchanged) has and `into` lacks. Rows are matched by
/// their keys, never by their ids; of two trials of the same key, and of two spaces or current
/// provenances, the newer stays. One transaction; merging again changes nothing. Throws UserError
/// when `from` cannot be read, is of another version, or is `into` itself.
MergeCounts Merge(ResultStore& into, const std::string& from);

/// What is wrong with the database, one line each; empty when it is sound: SQLite's own check of
/// the file, references to missing rows, samples that are not finite positive times, tiles that
/// contradict their config.
std::vector<std::string> Verify(const ResultStore& store);

struct VacuumSizes {
  std::int64_t bytes_before = 0, bytes_after = 0;
};

/// Rewrites the file without its gaps.
VacuumSizes Vacuum(ResultStore& store);

/// A whole table as text and numbers; samples as JSON arrays.
struct ExportedTable {
  std::string name;
  Rows rows;
};

/// Every table, in an order in which references point backwards. Import(Export()) loses nothing,
/// provided the format in between keeps infinite and missing numbers.
std::vector<ExportedTable> Export(const ResultStore& store);

/// Merges exported tables into the store. Columns left out are NULL. Throws UserError for an
/// unknown table or column, or a row that does not fit; the store is then unchanged.
MergeCounts Import(ResultStore& into, const std::vector<ExportedTable>& tables);

}  // namespace tilesmith
