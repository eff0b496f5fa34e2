#include <fmt/format.h>

#include "results/json.h"
#include "results/sqlite.h"
#include "results/store.h"
#include "results/store_detail.h"

namespace tilesmith {
namespace {

void PutEntry(Database& database, std::int64_t duel, int position, const DuelEntry& entry) {
  database.Run(
      "INSERT INTO duel_entry (duel, position, config, tiles, role, median_ns, speedup, ci_low, "
      "ci_high, verdict, samples_ns) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      duel, position, entry.config.ToString(), JsonObject(entry.config.tiles()), entry.role,
      entry.median_ns, entry.speedup, entry.ci_low, entry.ci_high, ToString(entry.verdict),
      entry.samples_ns);
}

std::vector<DuelEntry> ReadEntries(Database& database, std::int64_t duel) {
  std::vector<DuelEntry> entries;
  Statement row = database.Prepare(
      "SELECT config, role, median_ns, speedup, ci_low, ci_high, verdict, samples_ns "
      "FROM duel_entry WHERE duel = ? ORDER BY position");
  for (row.Bind(duel); row.Step();) {
    DuelEntry& entry = entries.emplace_back();
    entry.config = Config::Parse(row.Text(0));
    entry.role = row.Text(1);
    entry.median_ns = row.Real(2);
    entry.speedup = row.Real(3);
    entry.ci_low = row.Real(4);
    entry.ci_high = row.Real(5);
    entry.verdict = store_detail::ReadVerdict(database, row.Text(6));
    entry.samples_ns = row.Floats(7);
  }
  return entries;
}

Duel ReadDuel(Database& database, std::int64_t id) {
  Statement row = database.Prepare(
      "SELECT d.id, d.session, d.provenance, q.kernel, q.name, q.dims, d.seed, d.rounds, "
      "d.confidence, d.tie_band, d.chosen, d.verdict, d.reason, d.gflops, d.gbytes_per_s, "
      "d.measure_s, d.created_at FROM duel d JOIN problem q ON q.id = d.problem WHERE d.id = ?");
  TILESMITH_CHECK(row.Bind(id).Step());
  Duel duel;
  duel.id = row.Int(0);
  duel.session = row.Int(1);
  duel.provenance = row.Int(2);
  duel.kernel = row.Text(3);
  duel.problem = store_detail::ReadProblem(row, 4, 5);
  duel.seed = static_cast<std::uint64_t>(row.Int(6));
  duel.rounds = static_cast<int>(row.Int(7));
  duel.confidence = row.Real(8);
  duel.tie_band = row.Real(9);
  duel.chosen = Config::Parse(row.Text(10));
  duel.verdict = store_detail::ReadVerdict(database, row.Text(11));
  duel.reason = row.Text(12);
  duel.gflops = row.Real(13);
  duel.gbytes_per_s = row.Real(14);
  duel.measure_s = row.Real(15);
  duel.created_at = row.Text(16);
  duel.entries = ReadEntries(database, id);
  return duel;
}

// One duel per (kernel, problem, machine, threads): the current provenance's newest, else the
// newest of all. A problem whose sizes were changed keeps its name and is the same problem here.
constexpr const char* kSelected = R"sql(
SELECT id, provenance, machine, stale FROM (
  SELECT d.id, d.provenance, p.machine, p.kernel, q.name, p.threads, c.provenance IS NULL AS stale,
         row_number() OVER (PARTITION BY p.kernel, q.name, p.machine, p.threads
                            ORDER BY c.provenance IS NULL, d.created_at DESC, d.id DESC) AS place
  FROM duel d
  JOIN provenance p ON p.id = d.provenance
  JOIN problem q ON q.id = d.problem
  LEFT JOIN current_provenance c ON c.provenance = d.provenance
  WHERE ?1 = '' OR p.kernel = ?1)
WHERE place = 1 ORDER BY kernel, name, machine, threads)sql";

}  // namespace

std::int64_t ResultStore::Put(const Duel& duel) {
  static const std::string sql = fmt::format(
      "INSERT INTO duel (uid, created_at, session, provenance, problem, seed, rounds, confidence, "
      "tie_band, chosen, verdict, reason, gflops, gbytes_per_s, measure_s) VALUES "
      "(lower(hex(randomblob(16))), {}, nullif(?, 0), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
      "RETURNING id",
      store_detail::kNow);
  Transaction transaction(*database_);
  const std::int64_t problem =
      store_detail::InternProblem(*database_, duel.provenance, duel.problem);
  const std::int64_t id =
      database_
          ->Integer(sql, duel.session, duel.provenance, problem, duel.seed, duel.rounds,
                    duel.confidence, duel.tie_band, duel.chosen.ToString(), ToString(duel.verdict),
                    duel.reason, duel.gflops, duel.gbytes_per_s, duel.measure_s)
          .value();
  int position = 0;
  for (const DuelEntry& entry : duel.entries) PutEntry(*database_, id, position++, entry);
  transaction.Commit();
  return id;
}

std::optional<Duel> ResultStore::LatestDuel(std::int64_t provenance, const Problem& problem) const {
  const auto problem_id = store_detail::FindProblem(*database_, provenance, problem);
  if (!problem_id) return std::nullopt;
  const auto id = database_->Integer(
      "SELECT id FROM duel WHERE problem = ? AND provenance = ? "
      "ORDER BY created_at DESC, id DESC LIMIT 1",
      *problem_id, provenance);
  if (!id) return std::nullopt;
  return ReadDuel(*database_, *id);
}

std::vector<ResultStore::Selected> ResultStore::Selections(const std::string& kernel) const {
  std::vector<Selected> selections;
  Statement row = database_->Prepare(kSelected);
  for (row.Bind(kernel); row.Step();) {
    selections.push_back({ReadDuel(*database_, row.Int(0)), ProvenanceOf(row.Int(1)).value(),
                          Machine(row.Text(2)).value(), row.Int(3) != 0});
  }
  return selections;
}

}  // namespace tilesmith
