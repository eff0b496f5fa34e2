#include "reports/table.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "results/error.h"

namespace tilesmith {
namespace {

template <typename... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <typename... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

// --- cells ---

std::string HumanText(const Cell& cell) {
  return std::visit(Overloaded{[](std::monostate) { return std::string(); },
                               [](bool value) { return std::string(value ? "yes" : "no"); },
                               [](std::int64_t value) { return fmt::to_string(value); },
                               [](double value) { return HumanNumber(value); },
                               [](const std::string& value) { return value; },
                               [](const Json& value) { return value.text; }},
                    cell);
}

std::string FullText(const Cell& cell) {
  if (const auto* value = std::get_if<bool>(&cell)) return *value ? "true" : "false";
  if (const auto* value = std::get_if<double>(&cell)) return fmt::format("{}", *value);
  return HumanText(cell);
}

bool IsNumber(const Cell& cell) {
  return std::holds_alternative<std::int64_t>(cell) || std::holds_alternative<double>(cell);
}

bool IsEmpty(const Cell& cell) { return std::holds_alternative<std::monostate>(cell); }

// Whether a column holds numbers and nothing else.
std::vector<bool> NumericColumns(const Table& table) {
  std::vector<bool> numeric(table.columns.size(), false);
  for (std::size_t i = 0; i < numeric.size(); ++i) {
    const auto column = [i](const std::vector<Cell>& row) -> const Cell& { return row[i]; };
    numeric[i] =
        std::ranges::any_of(table.rows, IsNumber, column) &&
        std::ranges::all_of(
            table.rows, [](const Cell& cell) { return IsNumber(cell) || IsEmpty(cell); }, column);
  }
  return numeric;
}

// --- text ---

std::string OneLine(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return text;
}

// Columns on a terminal, taking every character of UTF-8 for one.
std::size_t Width(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string Padded(const std::string& text, std::size_t width, bool right) {
  const std::string padding(width - std::min(width, Width(text)), ' ');
  return right ? padding + text : text + padding;
}

using Lines = std::vector<std::vector<std::string>>;

// The header and the rows as words for people.
Lines HumanLines(const Table& table) {
  Lines lines = {table.columns};
  for (const std::vector<Cell>& row : table.rows) {
    std::vector<std::string>& line = lines.emplace_back();
    for (const Cell& cell : row) line.push_back(OneLine(HumanText(cell)));
  }
  return lines;
}

std::vector<std::size_t> ColumnWidths(const Lines& lines) {
  std::vector<std::size_t> widths(lines.front().size(), 0);
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], Width(line[i]));
  }
  return widths;
}

std::string RenderText(const Table& table) {
  const Lines lines = HumanLines(table);
  const std::vector<std::size_t> widths = ColumnWidths(lines);
  const std::vector<bool> numeric = NumericColumns(table);
  std::string out;
  for (const auto& line : lines) {
    std::string text;
    for (std::size_t i = 0; i < line.size(); ++i) {
      text += (i == 0 ? "" : "  ") + Padded(line[i], widths[i], numeric[i]);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
  }
  return out;
}

// --- Markdown ---

std::string MarkdownRow(const std::vector<std::string>& cells) {
  std::string out = "|";
  for (const std::string& cell : cells) {
    out += ' ';
    for (char c : cell) {
      if (c == '|' || c == '\\') out += '\\';
      out += c;
    }
    out += " |";
  }
  return out + "\n";
}

std::string RenderMarkdown(const Table& table) {
  const Lines lines = HumanLines(table);
  std::string out = MarkdownRow(lines.front()) + "|";
  for (bool numeric : NumericColumns(table)) out += numeric ? " ---: |" : " --- |";
  out += "\n";
  for (std::size_t i = 1; i < lines.size(); ++i) out += MarkdownRow(lines[i]);
  return out;
}

// --- CSV ---

std::string CsvField(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

std::string CsvRow(const std::vector<std::string>& fields) {
  // A lone empty field would be an empty line, which readers skip.
  if (fields.size() == 1 && fields.front().empty()) return "\"\"\n";
  std::string out;
  for (std::size_t i = 0; i < fields.size(); ++i) out += (i == 0 ? "" : ",") + CsvField(fields[i]);
  return out + "\n";
}

std::string RenderCsv(const Table& table) {
  std::string out = CsvRow(table.columns);
  for (const std::vector<Cell>& row : table.rows) {
    std::vector<std::string> fields;
    for (const Cell& cell : row) fields.push_back(FullText(cell));
    out += CsvRow(fields);
  }
  return out;
}

// --- JSON ---

using OrderedJson = nlohmann::ordered_json;

OrderedJson ToJson(const Cell& cell) {
  return std::visit(
      Overloaded{[](std::monostate) { return OrderedJson(nullptr); },
                 [](const Json& value) {
                   OrderedJson parsed = OrderedJson::parse(value.text, nullptr, false);
                   return parsed.is_discarded() ? OrderedJson(value.text) : parsed;
                 },
                 [](double value) {
                   return std::isfinite(value) ? OrderedJson(value) : OrderedJson(nullptr);
                 },
                 [](const auto& value) { return OrderedJson(value); }},
      cell);
}

std::string RenderJson(const Table& table) {
  OrderedJson rows = OrderedJson::array();
  for (const std::vector<Cell>& row : table.rows) {
    OrderedJson object = OrderedJson::object();
    for (std::size_t i = 0; i < row.size(); ++i) object[table.columns[i]] = ToJson(row[i]);
    rows.push_back(std::move(object));
  }
  // Names come from files and compilers; what is not UTF-8 must not cost the whole answer.
  return rows.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

}  // namespace

std::optional<Format> ParseFormat(std::string_view text) {
  if (text == "table") return Format::kTable;
  if (text == "csv") return Format::kCsv;
  if (text == "json") return Format::kJson;
  if (text == "md") return Format::kMarkdown;
  return std::nullopt;
}

std::string Table::Render(Format format) const {
  for (const std::vector<Cell>& row : rows) TILESMITH_CHECK(row.size() == columns.size());
  switch (format) {
    case Format::kTable: return RenderText(*this);
    case Format::kCsv: return RenderCsv(*this);
    case Format::kJson: return RenderJson(*this);
    case Format::kMarkdown: return RenderMarkdown(*this);
  }
  Abort(__FILE__, __LINE__, "a format without a renderer");
}

std::string HumanNumber(double value) {
  if (!std::isfinite(value)) return fmt::format("{}", value);
  const double magnitude = std::abs(value);
  return magnitude >= 9999.5 && magnitude < 1e15 ? fmt::format("{:.0f}", value)
                                                 : fmt::format("{:.4g}", value);
}

std::string HumanTime(double ns) {
  struct Unit {
    double ns;
    const char* name;
  };
  constexpr std::array kUnits = {Unit{1, "ns"}, Unit{1e3, "us"}, Unit{1e6, "ms"}, Unit{1e9, "s"}};
  // The unit is that of the rounded value: 999.96 ns are 1 us.
  const std::string rounded = fmt::format("{:.3e}", std::abs(ns));
  double magnitude = 0;
  std::from_chars(rounded.data(), rounded.data() + rounded.size(), magnitude);
  const Unit* unit = &kUnits.front();
  for (const Unit& next : kUnits) {
    if (magnitude >= next.ns) unit = &next;
  }
  return fmt::format("{} {}", HumanNumber(ns / unit->ns), unit->name);
}

}  // namespace tilesmith
