#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "results/maintenance.h"
#include "results/schema.h"
#include "results/sqlite.h"

namespace tilesmith {
namespace {

// The other database, visible as `other` while this lives.
class Attached {
 public:
  Attached(Database& database, const std::string& uri) : database_(database) {
    database_.Run("ATTACH ? AS other", uri);
  }
  ~Attached() {
    try {
      database_.Script("DETACH other");
    } catch (const UserError&) {
      // Only a statement still running could hold it; the connection's end detaches it too.
    }
  }
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;

 private:
  Database& database_;
};

// Ids differ between databases, so every reference goes through a table of old and new ids, found
// by key.
constexpr const char* kMergeFacts = R"sql(
DROP TABLE IF EXISTS temp.provenance_id;
DROP TABLE IF EXISTS temp.problem_id;
DROP TABLE IF EXISTS temp.session_id;

INSERT INTO main.machine (fingerprint, name, detail)
SELECT fingerprint, name, detail FROM other.machine WHERE true
ON CONFLICT DO UPDATE SET name = excluded.name, detail = excluded.detail WHERE name = '';

INSERT INTO main.provenance (kernel, source_hash, space_hash, golden_hash, compiler,
                             compiler_version, flags, machine, threads, pinning, seed, tool_version)
SELECT kernel, source_hash, space_hash, golden_hash, compiler, compiler_version, flags, machine,
       threads, pinning, seed, tool_version
FROM other.provenance WHERE true ON CONFLICT DO NOTHING;

CREATE TEMP TABLE provenance_id (old INTEGER PRIMARY KEY, new INTEGER NOT NULL);
INSERT INTO temp.provenance_id
SELECT o.id, p.id FROM other.provenance o JOIN main.provenance p
  USING (kernel, source_hash, space_hash, golden_hash, compiler, compiler_version, flags, machine,
         threads, pinning, seed, tool_version);

INSERT INTO main.current_provenance (kernel, machine, threads, provenance, since)
SELECT c.kernel, c.machine, c.threads, p.new, c.since
FROM other.current_provenance c JOIN temp.provenance_id p ON p.old = c.provenance WHERE true
ON CONFLICT (kernel, machine, threads) DO UPDATE
SET provenance = excluded.provenance, since = excluded.since WHERE excluded.since > since;

INSERT INTO main.space (kernel, hash, dims, tiles, default_config, constraints, machine_facts,
                        flops, bytes, recorded_at)
SELECT kernel, hash, dims, tiles, default_config, constraints, machine_facts, flops, bytes,
       recorded_at
FROM other.space WHERE true
ON CONFLICT (kernel) DO UPDATE
SET (hash, dims, tiles, default_config, constraints, machine_facts, flops, bytes, recorded_at) =
    (excluded.hash, excluded.dims, excluded.tiles, excluded.default_config, excluded.constraints,
     excluded.machine_facts, excluded.flops, excluded.bytes, excluded.recorded_at)
WHERE excluded.recorded_at > recorded_at;

INSERT INTO main.problem (kernel, name, dims, sizes)
SELECT kernel, name, dims, sizes FROM other.problem WHERE true ON CONFLICT DO NOTHING;
CREATE TEMP TABLE problem_id (old INTEGER PRIMARY KEY, new INTEGER NOT NULL);
INSERT INTO temp.problem_id
SELECT o.id, q.id FROM other.problem o JOIN main.problem q USING (kernel, name, dims);

INSERT INTO main.session (uid, command, kernel, problem, strategy, budget, seed, machine, state,
                          started_at, ended_at, wall_s, compile_s, verify_s, measure_s, host,
                          process)
SELECT uid, command, kernel, problem, strategy, budget, seed, machine, state, started_at, ended_at,
       wall_s, compile_s, verify_s, measure_s, host, process
FROM other.session WHERE true
ON CONFLICT (uid) DO UPDATE
SET (state, ended_at, wall_s, compile_s, verify_s, measure_s) =
    (excluded.state, excluded.ended_at, excluded.wall_s, excluded.compile_s, excluded.verify_s,
     excluded.measure_s)
WHERE state = 'running' AND excluded.state <> 'running';
CREATE TEMP TABLE session_id (old INTEGER PRIMARY KEY, new INTEGER NOT NULL);
INSERT INTO temp.session_id
SELECT o.id, s.id FROM other.session o JOIN main.session s USING (uid);
)sql";

constexpr const char* kMergeTrials = R"sql(
INSERT INTO main.trial (session, provenance, problem, config, tiles, status, stage, message, repro,
                        deterministic, error_share, median_ns, log_ratio, dropped_at, pivot,
                        compile_ms, verify_ms, measure_ms, code_hash, created_at, samples_ns,
                        pivot_samples_ns)
SELECT s.new, p.new, q.new, o.config, o.tiles, o.status, o.stage, o.message, o.repro,
       o.deterministic, o.error_share, o.median_ns, o.log_ratio, o.dropped_at, o.pivot,
       o.compile_ms, o.verify_ms, o.measure_ms, o.code_hash, o.created_at, o.samples_ns,
       o.pivot_samples_ns
FROM other.trial o
JOIN temp.provenance_id p ON p.old = o.provenance
JOIN temp.problem_id q ON q.old = o.problem
LEFT JOIN temp.session_id s ON s.old = o.session
WHERE true ORDER BY o.id
ON CONFLICT (problem, provenance, config) DO UPDATE
SET (session, tiles, status, stage, message, repro, deterministic, error_share, median_ns,
     log_ratio, dropped_at, pivot, compile_ms, verify_ms, measure_ms, code_hash, alias_of,
     created_at, samples_ns, pivot_samples_ns) =
    (excluded.session, excluded.tiles, excluded.status, excluded.stage, excluded.message,
     excluded.repro, excluded.deterministic, excluded.error_share, excluded.median_ns,
     excluded.log_ratio, excluded.dropped_at, excluded.pivot, excluded.compile_ms,
     excluded.verify_ms, excluded.measure_ms, excluded.code_hash, NULL, excluded.created_at,
     excluded.samples_ns, excluded.pivot_samples_ns)
WHERE excluded.created_at > created_at
)sql";

// Rows that came from the other database are those with its time.
constexpr const char* kMergeAliases = R"sql(
UPDATE main.trial AS t SET alias_of = b.id
FROM other.trial o
JOIN temp.provenance_id p ON p.old = o.provenance
JOIN temp.problem_id q ON q.old = o.problem
JOIN other.trial a ON a.id = o.alias_of
JOIN temp.provenance_id ap ON ap.old = a.provenance
JOIN temp.problem_id aq ON aq.old = a.problem
JOIN main.trial b ON b.problem = aq.new AND b.provenance = ap.new AND b.config = a.config
WHERE t.problem = q.new AND t.provenance = p.new AND t.config = o.config
  AND t.created_at = o.created_at
)sql";

constexpr const char* kMergeDuels = R"sql(
INSERT INTO main.duel (uid, session, provenance, problem, seed, rounds, confidence, tie_band,
                       chosen, verdict, reason, gflops, gbytes_per_s, measure_s, created_at)
SELECT o.uid, s.new, p.new, q.new, o.seed, o.rounds, o.confidence, o.tie_band, o.chosen, o.verdict,
       o.reason, o.gflops, o.gbytes_per_s, o.measure_s, o.created_at
FROM other.duel o
JOIN temp.provenance_id p ON p.old = o.provenance
JOIN temp.problem_id q ON q.old = o.problem
LEFT JOIN temp.session_id s ON s.old = o.session
WHERE true ORDER BY o.id ON CONFLICT DO NOTHING
)sql";

constexpr const char* kMergeEntries = R"sql(
INSERT INTO main.duel_entry (duel, position, config, tiles, role, median_ns, speedup, ci_low,
                             ci_high, verdict, samples_ns)
SELECT d.id, e.position, e.config, e.tiles, e.role, e.median_ns, e.speedup, e.ci_low, e.ci_high,
       e.verdict, e.samples_ns
FROM other.duel_entry e JOIN other.duel o ON o.id = e.duel JOIN main.duel d ON d.uid = o.uid
WHERE true ON CONFLICT DO NOTHING
)sql";

std::string ReadableUri(const ResultStore& into, const std::string& from) {
  std::error_code error;
  if (std::filesystem::equivalent(into.path(), from, error)) {
    throw UserError(fmt::format("{}: is the database to merge into; name another one", from));
  }
  Database::Options options;
  options.read_only = true;
  Database source(from, options);
  PrepareSchema(source);
  return source.uri();
}

}  // namespace

MergeCounts Merge(ResultStore& into, const std::string& from) {
  Database& database = into.database();
  const Attached attached(database, ReadableUri(into, from));
  MergeCounts counts;
  Transaction transaction(database);
  database.Script(kMergeFacts);
  database.Run(kMergeTrials);
  counts.trials = database.Changes();
  database.Run(kMergeAliases);
  database.Run(kMergeDuels);
  counts.duels = database.Changes();
  database.Run(kMergeEntries);
  transaction.Commit();
  return counts;
}

}  // namespace tilesmith
