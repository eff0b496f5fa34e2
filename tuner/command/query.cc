#include "tuner/command/query.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <CLI/CLI.hpp>

#include "reports/table.h"
#include "results/error.h"
#include "results/query.h"
#include "results/store.h"
#include "tuner/command/context.h"
#include "tuner/command/options.h"
#include "tuner/command/project.h"

namespace tilesmith {
namespace {

struct QueryFlags {
  Query query;
  std::string sql, db;
  std::string format = "table";
};

constexpr char kExample[] = R"(Examples:
  tilesmith query --kernel hc_post --top 3              the three fastest of each problem
  tilesmith query --status wrong                        what failed, and how
  tilesmith query --where "T_TILE >= 4 AND median_ns < 1e5" --format csv
  tilesmith query --sql "SELECT kernel, count(*) FROM trials GROUP BY kernel"

Columns are those of the view 'trials', and every tile and dimension by its name.)";

// The view has some fifty columns; nobody can read those side by side.
std::vector<std::string> ReadableColumns(const std::string& status) {
  const std::optional<Status> wanted = ParseStatus(status);
  if (wanted && !PassedGate(*wanted)) {
    return {"kernel", "problem", "config", "status", "stage", "message"};
  }
  return {"kernel",    "problem", "config", "status",  "verdict",
          "median_ns", "speedup", "ci_low", "ci_high", "machine"};
}

// SQLite has neither booleans nor objects; these columns of the view are known to hold them.
Cell WithItsMeaning(Cell cell, const std::string& column) {
  const auto* number = std::get_if<std::int64_t>(&cell);
  const auto* text = std::get_if<std::string>(&cell);
  if (number != nullptr && (column == "stale" || column == "deterministic")) return *number != 0;
  if (text != nullptr && (column == "tiles" || column == "sizes")) return Json{*text};
  return cell;
}

Table AsTable(Rows rows, bool of_the_view) {
  Table table{std::move(rows.columns), {}};
  for (auto& row : rows.cells) {
    std::vector<Cell>& cells = table.rows.emplace_back();
    for (auto& value : row) {
      Cell cell = std::visit([](auto& held) { return Cell(std::move(held)); }, value);
      const std::string& column = table.columns[cells.size()];
      cells.push_back(of_the_view ? WithItsMeaning(std::move(cell), column) : std::move(cell));
    }
  }
  return table;
}

void Print(const Table& table, Format format, Context& context) {
  // To a program an empty answer is an empty array, or a header; to people, the message that
  // follows.
  if (!table.rows.empty() || format != Format::kTable) context.out << table.Render(format);
}

Exit RunSql(const QueryFlags& flags, const ResultStore& store, Format format, Context& context) {
  const Table table = AsTable(AskSql(store, flags.sql), false);
  Print(table, format, context);
  if (!table.rows.empty()) return Exit::kOk;
  throw UserError("the SELECT returned no rows", Exit::kNothingMatched);
}

Exit RunQuery(const QueryFlags& flags, Context& context) {
  const Format format = ReadFormat(flags.format);
  const ResultStore store(ResultsFile(flags.db, kDatabaseFile), ResultStore::Mode::kReadOnly);
  if (!flags.sql.empty()) return RunSql(flags, store, format, context);
  Query query = flags.query;
  const bool for_reading = format == Format::kTable || format == Format::kMarkdown;
  if (query.columns.empty() && for_reading) query.columns = ReadableColumns(query.status);
  Answer answer = Ask(store, query);
  const Table table = AsTable(std::move(answer.rows), true);
  Print(table, format, context);
  const std::string hidden =
      answer.hidden_stale == 0
          ? ""
          : fmt::format("{} stale trials are hidden, --stale shows them", answer.hidden_stale);
  if (table.rows.empty()) {
    throw UserError(fmt::format("nothing matches{}{}", hidden.empty() ? "" : "; ", hidden),
                    Exit::kNothingMatched);
  }
  if (!hidden.empty()) fmt::print(context.err, "note: {}\n", hidden);
  return Exit::kOk;
}

void AddFlags(CLI::App& command, QueryFlags& flags) {
  command.add_option("--kernel", flags.query.kernel, "Only this kernel")->type_name("KERNEL");
  command.add_option("--problem", flags.query.problem, "Only this problem")->type_name("NAME");
  command
      .add_option("--status", flags.query.status,
                  "Only trials that ended so: ok, pruned, wrong, crashed, compile_failed, …")
      ->type_name("STATUS");
  command
      .add_option("--where", flags.query.where, "SQL condition over columns, tiles and dimensions")
      ->type_name("EXPR");
  command.add_option("--top", flags.query.top, "Only the N fastest of each problem")
      ->check(Between(1, 1e9, "trials"))
      ->type_name("N");
  command
      .add_option("--columns", flags.query.columns,
                  "Columns wanted, in order, e.g. config,median_ns,T_TILE")
      ->delimiter(',')
      ->take_all()
      ->type_name("LIST");
  command.add_flag("--stale", flags.query.include_stale,
                   "Also trials of sources, compilers or flags that have changed since");
  CLI::Option* sql =
      command.add_option("--sql", flags.sql,
                         "A SELECT of your own over the tables and views of docs/database.md");
  sql->type_name("SELECT");
  // It says all that they say, and would ignore them.
  for (CLI::Option* other : command.get_options()) {
    if (other != sql && other != command.get_help_ptr()) sql->excludes(other);
  }
  AddDatabase(command, flags.db);
  AddFormat(command, flags.format);
}

}  // namespace

void AddQuery(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("query", "Ask the database of results");
  const auto flags = std::make_shared<QueryFlags>();
  AddFlags(*command, *flags);
  command->footer(kExample);
  MirrorInEnvironment(*command);
  command->parse_complete_callback([&context, flags] {
    context.chosen = [&context, flags] { return RunQuery(*flags, context); };
  });
}

}  // namespace tilesmith
