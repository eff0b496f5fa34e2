#include "results/query.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "results/sqlite.h"
#include "results/suggest.h"

namespace tilesmith {
namespace {

using Names = std::vector<std::string>;

struct Columns {
  Names view;   // of the view trials
  Names tiles;  // not shadowed by those
  Names sizes;  // not shadowed by any of the above

  Names All() const {
    Names all = view;
    all.insert(all.end(), tiles.begin(), tiles.end());
    all.insert(all.end(), sizes.begin(), sizes.end());
    return all;
  }
};

// SQL's names are the same in upper and lower case.
bool Contains(const Names& names, const std::string& name) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& known) {
    return known.size() == name.size() && EditDistance(known, name) == 0;
  });
}

Names Texts(Database& database, std::string_view sql, const std::string& kernel) {
  Names names;
  Statement row = database.Prepare(sql);
  for (row.Bind(kernel); row.Step();) names.push_back(row.Text(0));
  return names;
}

Names Without(const Names& names, const Names& taken) {
  Names left;
  for (const std::string& name : names) {
    if (!Contains(taken, name) && !Contains(left, name)) left.push_back(name);
  }
  return left;
}

Columns FindColumns(Database& database, const std::string& kernel) {
  Columns columns;
  Statement none = database.Prepare("SELECT * FROM trials WHERE false");
  for (int i = 0; i < none.columns(); ++i) columns.view.push_back(none.ColumnName(i));
  // From the newest space, and from the first trial of each problem in case that is of an older
  // one; asking every trial would take seconds.
  const Names tiles = Texts(
      database,
      "SELECT j.value FROM space s, json_each(s.tiles) j WHERE ?1 = '' OR s.kernel = ?1 UNION ALL "
      "SELECT j.key FROM problem q JOIN trial t ON t.id = (SELECT min(id) FROM trial WHERE "
      "problem = q.id), json_each(t.tiles) j WHERE ?1 = '' OR q.kernel = ?1",
      kernel);
  const Names sizes = Texts(
      database,
      "SELECT DISTINCT j.key FROM problem q, json_each(q.sizes) j WHERE ?1 = '' OR q.kernel = ?1",
      kernel);
  columns.tiles = Without(tiles, columns.view);
  Names taken = columns.view;
  taken.insert(taken.end(), columns.tiles.begin(), columns.tiles.end());
  columns.sizes = Without(sizes, taken);
  return columns;
}

std::string Quoted(const std::string& name) {
  std::string quoted = "\"";
  for (const char c : name) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

std::string Extract(const std::string& json, const std::string& name) {
  std::string path;
  for (const char c : name) path += c == '\'' ? std::string("''") : std::string(1, c);
  return fmt::format(", json_extract({}, '$.\"{}\"') AS {}", json, path, Quoted(name));
}

// The view `trials` with tiles and sizes as further columns.
std::string Source(const Columns& columns) {
  std::string sql = "SELECT trials.*";
  for (const std::string& tile : columns.tiles) sql += Extract("tiles", tile);
  for (const std::string& size : columns.sizes) sql += Extract("sizes", size);
  return sql + " FROM trials";
}

struct Condition {
  std::string sql = "1";
  std::vector<Field> values;

  void Equals(const std::string& column, const std::string& value) {
    if (value.empty()) return;
    values.emplace_back(value);
    sql += fmt::format(" AND {} = ?{}", column, values.size());
  }
};

Condition ConditionOf(const Query& query) {
  Condition condition;
  condition.Equals("kernel", query.kernel);
  condition.Equals("problem", query.problem);
  condition.Equals("status", query.status);
  // On a line of its own, so that a comment in it cannot swallow the bracket.
  if (!query.where.empty()) condition.sql += fmt::format(" AND (\n{}\n)", query.where);
  return condition;
}

void CheckName(const std::string& what, const std::string& name, const Names& known) {
  if (name.empty() || std::find(known.begin(), known.end(), name) != known.end()) return;
  throw UserError(fmt::format("no {} '{}' in the database{}", what, name, Suggest(name, known)));
}

void CheckFilters(Database& database, const Query& query) {
  Names statuses;
  for (const Status status : AllStatuses()) statuses.emplace_back(ToString(status));
  CheckName("status", query.status, statuses);
  CheckName("kernel", query.kernel,
            Texts(database, "SELECT DISTINCT kernel FROM problem WHERE ?1 = ?1 ORDER BY 1", ""));
  CheckName("problem", query.problem,
            Texts(database, "SELECT DISTINCT name FROM problem WHERE ?1 IN ('', kernel) ORDER BY 1",
                  query.kernel));
}

void CheckColumn(const std::string& name, const Names& known) {
  if (Contains(known, name)) return;
  throw UserError(fmt::format("no column '{}'{}", name, Suggest(name, known)));
}

std::string SelectList(const Query& query, const Columns& columns) {
  std::string list;
  const Names known = columns.All();
  for (const std::string& column : query.columns.empty() ? columns.view : query.columns) {
    CheckColumn(column, known);
    list += (list.empty() ? "" : ", ") + Quoted(column);
  }
  return list;
}

constexpr std::string_view kNoColumn = "no such column: ", kNoTable = "no such table: ";

// SQLite says which column it does not know; we know which one was meant.
[[noreturn]] void Explain(const SqlError& error, const Columns& columns) {
  const std::string& detail = error.detail();
  if (!detail.starts_with(kNoColumn)) throw UserError(error.what());
  std::string name = detail.substr(kNoColumn.size());
  name.erase(std::remove(name.begin(), name.end(), '"'), name.end());
  if (ParseStatus(name) || ParseVerdict(name)) {
    throw UserError(
        fmt::format("--where: no column '{0}'; write texts in single quotes: '{0}'", name));
  }
  throw UserError(fmt::format("--where: no column '{}'{}", name, Suggest(name, columns.All())));
}

constexpr const char* kAllColumns =
    "SELECT DISTINCT c.name FROM sqlite_schema s, pragma_table_info(s.name) c WHERE ?1 = ''";
constexpr const char* kAllTables =
    "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND ?1 = ''";

[[noreturn]] void ExplainSql(const SqlError& error, Database& database) {
  const std::string& detail = error.detail();
  const bool column = detail.starts_with(kNoColumn);
  if (!column && !detail.starts_with(kNoTable)) throw UserError(error.what());
  std::string name = detail.substr(column ? kNoColumn.size() : kNoTable.size());
  name.erase(0, name.rfind('.') + 1);  // "t.config": of an alias
  const Names known = Texts(database, column ? kAllColumns : kAllTables, "");
  throw UserError(fmt::format("--sql: {} (docs/database.md lists them){}", detail,
                              Suggest(name, known)));
}

Rows Fetch(Database& database, const Query& query, const Columns& columns) {
  const Condition condition = ConditionOf(query);
  const std::string source = Source(columns);
  const char* const fresh = query.include_stale ? "" : " AND NOT stale";
  std::string sql = fmt::format("SELECT {} FROM (\n", SelectList(query, columns));
  if (query.top > 0) {
    sql += fmt::format(
        "SELECT *, row_number() OVER (PARTITION BY kernel, problem, dims, fingerprint, threads "
        "ORDER "
        "BY median_ns, config) AS rank_ FROM ({}) WHERE {}{} AND median_ns IS NOT NULL) WHERE "
        "rank_ <= {}",
        source, condition.sql, fresh, query.top);
  } else {
    sql += fmt::format("{}) WHERE {}{}", source, condition.sql, fresh);
  }
  sql += " ORDER BY kernel, problem, dims, machine, threads, median_ns IS NULL, median_ns, config";
  return database.Select(sql, "--where", condition.values);
}

std::int64_t CountStale(Database& database, const Query& query, const Columns& columns) {
  // Mostly there is nothing to count, and then the condition need not be tried on every trial.
  const bool any =
      database
          .Integer(
              "SELECT 1 FROM provenance p WHERE NOT EXISTS (SELECT 1 FROM current_provenance c "
              "WHERE c.provenance = p.id) LIMIT 1")
          .has_value();
  if (!any) return 0;
  const Condition condition = ConditionOf(query);
  const Rows rows = database.Select(
      fmt::format("SELECT count(*) FROM ({}) WHERE {} AND stale", Source(columns), condition.sql),
      "--where", condition.values);
  return std::get<std::int64_t>(rows.cells.at(0).at(0));
}

}  // namespace

Answer Ask(const ResultStore& store, const Query& query) {
  Database& database = store.database();
  CheckFilters(database, query);
  const Columns columns = FindColumns(database, query.kernel);
  Answer answer;
  try {
    answer.rows = Fetch(database, query, columns);
    if (!query.include_stale) answer.hidden_stale = CountStale(database, query, columns);
  } catch (const SqlError& error) {
    Explain(error, columns);
  }
  return answer;
}

Rows AskSql(const ResultStore& store, const std::string& sql) {
  try {
    return store.database().Select(sql, "--sql");
  } catch (const SqlError& error) {
    ExplainSql(error, store.database());
  }
}

std::vector<std::string> ColumnsOf(const ResultStore& store, const std::string& kernel) {
  return FindColumns(store.database(), kernel).All();
}

}  // namespace tilesmith
