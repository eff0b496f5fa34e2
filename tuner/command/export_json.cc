#include "tuner/command/export_json.h"

#include <cmath>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "results/error.h"
#include "results/maintenance.h"

namespace tilesmith {
namespace {

constexpr char kMark[] = "tilesmith_export";
constexpr int kVersion = 1;

using Tables = decltype(Export(std::declval<const ResultStore&>()));
using Exported = Tables::value_type;
using Row = std::decay_t<decltype(Rows::cells)>::value_type;
using Stored = Row::value_type;

nlohmann::ordered_json ToJson(const Stored& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return *whole;
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  const auto* real = std::get_if<double>(&value);
  if (real == nullptr) return nullptr;
  if (std::isfinite(*real)) return *real;
  return {{"real", *real < 0 ? "-inf" : "inf"}};
}

// Throws nlohmann's exceptions for what ToJson cannot have written.
Stored FromJson(const nlohmann::json& json) {
  if (json.is_null()) return std::monostate();
  if (json.is_number_float()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  if (!json.is_object()) return json.get<std::int64_t>();
  return json.at("real").get<std::string>() == "-inf" ? -HUGE_VAL : HUGE_VAL;
}

Exported TableFromJson(const nlohmann::json& json) {
  Exported table;
  table.name = json.at("name").get<std::string>();
  table.rows.columns = json.at("columns").get<std::vector<std::string>>();
  for (const nlohmann::json& values : json.at("rows")) {
    Row& row = table.rows.cells.emplace_back();
    for (const nlohmann::json& value : values) row.push_back(FromJson(value));
  }
  return table;
}

Tables TablesFromJson(const std::string& text, const std::string& file) {
  try {
    const nlohmann::json all = nlohmann::json::parse(text);
    if (all.at(kMark).get<int>() != kVersion) {
      throw UserError(fmt::format("{}: is an export of version {}, this tilesmith reads {}", file,
                                  all.at(kMark).dump(), kVersion));
    }
    Tables tables;
    for (const nlohmann::json& table : all.at("tables")) tables.push_back(TableFromJson(table));
    return tables;
  } catch (const nlohmann::json::exception& why) {
    throw UserError(
        fmt::format("{}: is no export of tilesmith ({}); make one with 'tilesmith db "
                    "export'",
                    file, why.what()));
  }
}

}  // namespace

std::string ExportJson(const ResultStore& store) {
  nlohmann::ordered_json all = {{kMark, kVersion}, {"tables", nlohmann::ordered_json::array()}};
  for (const Exported& table : Export(store)) {
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const Row& row : table.rows.cells) {
      nlohmann::ordered_json values = nlohmann::ordered_json::array();
      for (const Stored& value : row) values.push_back(ToJson(value));
      rows.push_back(std::move(values));
    }
    nlohmann::ordered_json entry = {{"name", table.name}, {"columns", table.rows.columns}};
    entry["rows"] = std::move(rows);
    all["tables"].push_back(std::move(entry));
  }
  return all.dump(1) + "\n";
}

ImportCounts ImportJson(ResultStore& into, const std::string& text, const std::string& file) {
  const auto counts = Import(into, TablesFromJson(text, file));
  return {counts.trials, counts.duels};
}

}  // namespace tilesmith
