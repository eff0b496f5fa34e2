// The answer to a question asked of the store: a table of cells, whatever the columns are.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace tilesmith {

/// One value; monostate is SQL's NULL: not measured, not known, or not a number.
using Field = std::variant<std::monostate, std::int64_t, double, std::string>;

/// Every row has one cell per column.
struct Rows {
  std::vector<std::string> columns;
  std::vector<std::vector<Field>> cells;
};

}  // namespace tilesmith
