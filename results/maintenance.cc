#include "results/maintenance.h"

#include <cmath>

#include <fmt/format.h>

#include "results/json.h"
#include "results/sqlite.h"

namespace tilesmith {
namespace {

using Lines = std::vector<std::string>;

// A damaged table would otherwise fill the screen.
constexpr std::size_t kMostLines = 100;

void CheckFile(Database& database, Lines& lines) {
  Statement row = database.Prepare("PRAGMA integrity_check");
  while (row.Step()) {
    if (row.Text(0) != "ok") lines.push_back(row.Text(0));
  }
}

void CheckReferences(Database& database, Lines& lines) {
  Statement row = database.Prepare("PRAGMA foreign_key_check");
  while (row.Step()) {
    lines.push_back(fmt::format("{} row {} refers to a {} that does not exist", row.Text(0),
                                row.Text(1), row.Text(2)));
  }
}

// What is wrong with a column of samples; empty when nothing is.
std::string SamplesFault(const Statement& row, int column) {
  std::vector<float> samples;
  try {
    samples = row.Floats(column);
  } catch (const SqlError& error) {
    return error.detail();
  }
  for (const float sample : samples) {
    if (!(sample > 0 && std::isfinite(sample))) {
      return fmt::format("{} holds {}, not a time", row.ColumnName(column), sample);
    }
  }
  return "";
}

std::string TilesFault(const std::string& config, const std::string& tiles) {
  try {
    const std::string expected = JsonObject(Config::Parse(config).tiles());
    return tiles == expected ? "" : fmt::format("tiles {} contradict config '{}'", tiles, config);
  } catch (const UserError& error) {
    return error.what();
  }
}

// Columns of `select`: a name for the row, config, tiles, then samples.
void CheckRows(Database& database, std::string_view select, const char* table, Lines& lines) {
  Statement row = database.Prepare(select);
  while (row.Step() && lines.size() < kMostLines) {
    std::vector<std::string> faults = {TilesFault(row.Text(1), row.Text(2))};
    for (int i = 3; i < row.columns(); ++i) faults.push_back(SamplesFault(row, i));
    for (const std::string& fault : faults) {
      if (!fault.empty()) lines.push_back(fmt::format("{} {}: {}", table, row.Text(0), fault));
    }
  }
}

std::int64_t FileBytes(Database& database) {
  return database.Integer("PRAGMA page_count").value_or(0) *
         database.Integer("PRAGMA page_size").value_or(0);
}

}  // namespace

std::vector<std::string> Verify(const ResultStore& store) {
  Database& database = store.database();
  Lines lines;
  try {
    CheckFile(database, lines);
  } catch (const SqlError& error) {
    lines.push_back(error.detail());  // too broken even to be checked to the end
  }
  // Rows of a broken file cannot be trusted to be rows.
  if (!lines.empty()) return lines;
  CheckReferences(database, lines);
  CheckRows(database, "SELECT id, config, json(tiles), samples_ns, pivot_samples_ns FROM trial",
            "trial", lines);
  CheckRows(database,
            "SELECT duel || '/' || position, config, json(tiles), samples_ns FROM duel_entry",
            "duel entry", lines);
  return lines;
}

VacuumSizes Vacuum(ResultStore& store) {
  Database& database = store.database();
  VacuumSizes sizes;
  sizes.bytes_before = FileBytes(database);
  database.Script("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
  sizes.bytes_after = FileBytes(database);
  return sizes;
}

}  // namespace tilesmith
