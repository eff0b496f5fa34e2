#include <algorithm>
#include <charconv>
#include <cstdio>

#include <fmt/format.h>

#include "results/maintenance.h"
#include "results/sqlite.h"
#include "results/suggest.h"

namespace tilesmith {
namespace {

const std::vector<std::string>& TableNames() {
  static const std::vector<std::string> names = {"machine", "provenance", "current_provenance",
                                                 "space",   "problem",    "session",
                                                 "trial",   "duel",       "duel_entry"};
  return names;
}

bool IsSamples(const std::string& column) { return column.ends_with("samples_ns"); }

std::string SamplesToJson(const std::vector<float>& samples) {
  return fmt::format("[{}]", fmt::join(samples, ","));
}

std::vector<float> SamplesFromJson(const std::string& json) {
  std::vector<float> samples;
  const char* at = json.data();
  const char* const end = at + json.size();
  bool good = json.size() >= 2 && json.front() == '[' && json.back() == ']';
  for (++at; good && at < end - 1;) {
    float value = 0;
    const auto [stop, error] = std::from_chars(at, end, value);
    good = error == std::errc() && (*stop == ',' || stop == end - 1);
    samples.push_back(value);
    at = stop + 1;
  }
  if (!good) throw UserError(fmt::format("samples '{:.40}': not a JSON array of numbers", json));
  return samples;
}

ExportedTable ExportTable(Database& database, const std::string& name) {
  ExportedTable table{name, {}};
  Statement row = database.Prepare(fmt::format("SELECT * FROM {}", name));
  for (int i = 0; i < row.columns(); ++i) table.rows.columns.push_back(row.ColumnName(i));
  while (row.Step()) {
    std::vector<Field>& cells = table.rows.cells.emplace_back();
    for (int i = 0; i < row.columns(); ++i) {
      const bool samples = IsSamples(table.rows.columns[static_cast<std::size_t>(i)]);
      cells.push_back(samples ? Field(SamplesToJson(row.Floats(i))) : row.Value(i));
    }
  }
  return table;
}

// The INSERT of these columns; their names are compared with the table's before they become SQL.
std::string InsertStatement(Database& database, const ExportedTable& table) {
  std::vector<std::string> known;
  Statement row = database.Prepare(fmt::format("SELECT * FROM {}", table.name));
  for (int i = 0; i < row.columns(); ++i) known.push_back(row.ColumnName(i));
  std::string names, values;
  for (const std::string& column : table.rows.columns) {
    if (std::find(known.begin(), known.end(), column) == known.end()) {
      throw UserError(
          fmt::format("table {}: no column '{}'{}", table.name, column, Suggest(column, known)));
    }
    names += (names.empty() ? "" : ", ") + column;
    values += values.empty() ? "?" : ", ?";
  }
  return fmt::format("INSERT INTO {} ({}) VALUES ({})", table.name, names, values);
}

void BindCell(Statement& statement, int index, const std::string& column, const Field& cell) {
  const auto* text = std::get_if<std::string>(&cell);
  if (IsSamples(column) && text != nullptr) {
    statement.BindAt(index, SamplesFromJson(*text));
  } else {
    statement.BindAt(index, cell);
  }
}

void ImportTable(Database& database, const ExportedTable& table) {
  const std::string sql = InsertStatement(database, table);
  for (const std::vector<Field>& cells : table.rows.cells) {
    if (cells.size() != table.rows.columns.size()) {
      throw UserError(fmt::format("table {}: a row of {} cells under {} columns", table.name,
                                  cells.size(), table.rows.columns.size()));
    }
    Statement statement = database.Prepare(sql);
    for (std::size_t i = 0; i < cells.size(); ++i) {
      BindCell(statement, static_cast<int>(i) + 1, table.rows.columns[i], cells[i]);
    }
    statement.Run();
  }
}

// A database beside the real one that is gone at the end, whatever happens.
struct Temporary {
  explicit Temporary(std::string file) : path(std::move(file)) { Remove(); }
  ~Temporary() { Remove(); }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  void Remove() const {
    for (const char* suffix : {"", "-wal", "-shm", "-journal"})
      std::remove((path + suffix).c_str());
  }
  std::string path;
};

}  // namespace

std::vector<ExportedTable> Export(const ResultStore& store) {
  std::vector<ExportedTable> tables;
  for (const std::string& name : TableNames()) {
    tables.push_back(ExportTable(store.database(), name));
  }
  return tables;
}

MergeCounts Import(ResultStore& into, const std::vector<ExportedTable>& tables) {
  // Ids in the tables are those of another database; merging is what translates them.
  const Temporary file(into.path() + ".import");
  {
    ResultStore store(file.path);
    Transaction transaction(store.database());
    store.database().Script("PRAGMA defer_foreign_keys = ON");  // a trial may precede its alias
    for (const ExportedTable& table : tables) {
      if (std::find(TableNames().begin(), TableNames().end(), table.name) == TableNames().end()) {
        throw UserError(
            fmt::format("no table '{}'{}", table.name, Suggest(table.name, TableNames())));
      }
      ImportTable(store.database(), table);
    }
    transaction.Commit();
  }
  return Merge(into, file.path);
}

}  // namespace tilesmith
