// Rows for people and for programs: one table, four forms. Columns keep their order everywhere, and
// numbers keep their precision in CSV and JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tilesmith {

enum class Format { kTable, kCsv, kJson, kMarkdown };

/// "table", "csv", "json", "md"; nullopt for anything else.
std::optional<Format> ParseFormat(std::string_view text);

/// A JSON text to be embedded as it is (objects, arrays); other forms print it as text.
struct Json {
  std::string text;
};

using Cell = std::variant<std::monostate, bool, std::int64_t, double, std::string, Json>;

struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<Cell>> rows;

  /// Text ending in a newline. kTable aligns, numbers to the right, as HumanNumber; kCsv is RFC
  /// 4180 but for its lines, which end in "\n" for the sake of cut and diff; kJson is an array of
  /// objects keyed by the columns, null for empty cells and for numbers that are not finite;
  /// kMarkdown is a pipe table. Every row must have one cell per column.
  std::string Render(Format format) const;
};

/// Four significant digits; more where the number is whole and larger, up to 1e15: "0.0123",
/// "123457".
std::string HumanNumber(double value);

/// "1.234 ms", "85.2 us", "912 ns": four significant digits.
std::string HumanTime(double ns);

}  // namespace tilesmith
