#include "results/store_detail.h"

#include <fmt/format.h>

#include "results/json.h"

namespace tilesmith::store_detail {
namespace {

template <typename Enum>
Enum Known(const Database& database, std::optional<Enum> value, const std::string& text) {
  if (value) return *value;
  throw UserError(
      fmt::format("{}: unknown word '{}'; the database was edited by something else, "
                  "look with 'tilesmith db verify'",
                  database.path(), text));
}

}  // namespace

std::optional<std::int64_t> FindProblem(Database& database, std::int64_t provenance,
                                        const Problem& problem) {
  return database.Integer(
      "SELECT q.id FROM provenance p JOIN problem q ON q.kernel = p.kernel AND q.name = ?2 "
      "AND q.dims = ?3 WHERE p.id = ?1",
      provenance, problem.name, ToString(problem.dims));
}

std::int64_t InternProblem(Database& database, std::int64_t provenance, const Problem& problem) {
  if (const auto known = FindProblem(database, provenance, problem)) return *known;
  const auto id = database.Integer(
      "INSERT INTO problem (kernel, name, dims, sizes) "
      "SELECT kernel, ?2, ?3, ?4 FROM provenance WHERE id = ?1 RETURNING id",
      provenance, problem.name, ToString(problem.dims), JsonObject(problem.dims));
  TILESMITH_CHECK(id.has_value() && "provenance comes from Intern");
  return *id;
}

Problem ReadProblem(const Statement& row, int name_column, int dims_column) {
  return {row.Text(name_column), Config::Parse(row.Text(dims_column)).tiles()};
}

void ReserveMachine(Database& database, const std::string& fingerprint) {
  database.Run(
      "INSERT INTO machine (fingerprint, name, detail) VALUES (?, '', '') ON CONFLICT DO NOTHING",
      fingerprint);
}

double RealOrZero(const Statement& row, int column) {
  return row.IsNull(column) ? 0 : row.Real(column);
}

Status ReadStatus(const Database& database, const std::string& text) {
  return Known(database, ParseStatus(text), text);
}

Verdict ReadVerdict(const Database& database, const std::string& text) {
  return Known(database, ParseVerdict(text), text);
}

}  // namespace tilesmith::store_detail
