#include <fmt/format.h>

#include "results/json.h"
#include "results/sqlite.h"
#include "results/store.h"
#include "results/store_detail.h"

namespace tilesmith {
namespace {

// One row per config: trying it again updates the row, so that its id, and with it every alias_of
// that points to it, stays good.
std::string PutStatement() {
  const char* const columns[] = {
      "session",     "status",     "stage",     "message",    "repro",      "deterministic",
      "error_share", "median_ns",  "log_ratio", "dropped_at", "pivot",      "compile_ms",
      "verify_ms",   "measure_ms", "code_hash", "alias_of",   "samples_ns", "pivot_samples_ns"};
  std::string names, values, updates;
  for (const char* column : columns) {
    const std::string_view name = column;
    names += fmt::format(", {}", name);
    values += name == "session" || name == "alias_of" ? ", nullif(?, 0)" : ", ?";
    updates += fmt::format(", {0} = excluded.{0}", name);
  }
  return fmt::format(
      "INSERT INTO trial (created_at, provenance, problem, config, tiles{}) VALUES ({}, ?, ?, ?, "
      "?{}) "
      "ON CONFLICT (problem, provenance, config) DO UPDATE SET created_at = excluded.created_at{} "
      "RETURNING id",
      names, store_detail::kNow, values, updates);
}

Trial ReadTrial(const Database& database, const Statement& row) {
  Trial trial;
  trial.id = row.Int(0);
  trial.session = row.Int(1);
  trial.provenance = row.Int(2);
  trial.kernel = row.Text(3);
  trial.problem = store_detail::ReadProblem(row, 4, 5);
  trial.config = Config::Parse(row.Text(6));
  trial.status = store_detail::ReadStatus(database, row.Text(7));
  trial.stage = row.Text(8);
  trial.message = row.Text(9);
  trial.repro = row.Text(10);
  if (!row.IsNull(11)) trial.deterministic = row.Int(11) != 0;
  trial.error_share = row.Real(12);
  trial.median_ns = row.Real(13);
  trial.log_ratio = row.Real(14);
  trial.dropped_at = static_cast<int>(row.Int(15));
  trial.pivot = row.Text(16);
  trial.compile_ms = row.Real(17);
  trial.verify_ms = row.Real(18);
  trial.measure_ms = row.Real(19);
  trial.code_hash = row.Text(20);
  trial.alias_of = row.Int(21);
  trial.created_at = row.Text(22);
  trial.samples_ns = row.Floats(23);
  trial.pivot_samples_ns = row.Floats(24);
  return trial;
}

constexpr const char* kSelectTrials =
    "SELECT t.id, t.session, t.provenance, q.kernel, q.name, q.dims, t.config, t.status, t.stage, "
    "t.message, t.repro, t.deterministic, t.error_share, t.median_ns, t.log_ratio, t.dropped_at, "
    "t.pivot, t.compile_ms, t.verify_ms, t.measure_ms, t.code_hash, t.alias_of, t.created_at, "
    "t.samples_ns, t.pivot_samples_ns "
    "FROM trial t JOIN problem q ON q.id = t.problem "
    "WHERE t.problem = ? AND t.provenance = ? ORDER BY t.id";

}  // namespace

std::int64_t ResultStore::Put(const Trial& trial) {
  static const std::string sql = PutStatement();
  Transaction transaction(*database_);
  const std::int64_t problem =
      store_detail::InternProblem(*database_, trial.provenance, trial.problem);
  const auto id = database_->Integer(
      sql, trial.provenance, problem, trial.config.ToString(), JsonObject(trial.config.tiles()),
      trial.session, ToString(trial.status), trial.stage, trial.message, trial.repro,
      trial.deterministic, trial.error_share, trial.median_ns, trial.log_ratio, trial.dropped_at,
      trial.pivot, trial.compile_ms, trial.verify_ms, trial.measure_ms, trial.code_hash,
      trial.alias_of, trial.samples_ns, trial.pivot_samples_ns);
  transaction.Commit();
  return id.value();
}

std::vector<Trial> ResultStore::Trials(std::int64_t provenance, const Problem& problem) const {
  std::vector<Trial> trials;
  const auto id = store_detail::FindProblem(*database_, provenance, problem);
  if (!id) return trials;
  Statement rows = database_->Prepare(kSelectTrials);
  for (rows.Bind(*id, provenance); rows.Step();) trials.push_back(ReadTrial(*database_, rows));
  return trials;
}

std::vector<std::pair<Status, int>> ResultStore::StatusCounts(std::int64_t provenance,
                                                              const Problem& problem) const {
  std::vector<std::pair<Status, int>> counts;
  const auto id = store_detail::FindProblem(*database_, provenance, problem);
  if (!id) return counts;
  for (const Status status : AllStatuses()) {
    const auto count = database_->Integer(
        "SELECT count(*) FROM trial WHERE problem = ? AND provenance = ? AND status = ?", *id,
        provenance, ToString(status));
    if (count.value_or(0) > 0) counts.emplace_back(status, static_cast<int>(*count));
  }
  return counts;
}

}  // namespace tilesmith
