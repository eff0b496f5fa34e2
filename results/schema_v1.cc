// Version 1 of the schema. Released, so it stays as it is.
#include "results/schema.h"

namespace tilesmith {
namespace {

// Tables are singular, the views people read plural.
constexpr const char* kTables = R"sql(
CREATE TABLE machine (
  fingerprint TEXT PRIMARY KEY,
  name        TEXT NOT NULL,
  detail      TEXT NOT NULL CHECK (detail = '' OR json_valid(detail))
) STRICT, WITHOUT ROWID;

CREATE TABLE provenance (
  id               INTEGER PRIMARY KEY,
  kernel           TEXT NOT NULL,
  source_hash      TEXT NOT NULL,
  space_hash       TEXT NOT NULL,
  golden_hash      TEXT NOT NULL,
  compiler         TEXT NOT NULL,
  compiler_version TEXT NOT NULL,
  flags            TEXT NOT NULL,
  machine          TEXT NOT NULL REFERENCES machine (fingerprint),
  threads          INTEGER NOT NULL,
  pinning          TEXT NOT NULL,
  seed             INTEGER NOT NULL,
  tool_version     TEXT NOT NULL,
  UNIQUE (kernel, source_hash, space_hash, golden_hash, compiler, compiler_version, flags, machine,
          threads, pinning, seed, tool_version)
) STRICT;

CREATE TABLE current_provenance (
  kernel     TEXT NOT NULL,
  machine    TEXT NOT NULL REFERENCES machine (fingerprint),
  threads    INTEGER NOT NULL,
  provenance INTEGER NOT NULL UNIQUE REFERENCES provenance (id),
  since      TEXT NOT NULL,
  PRIMARY KEY (kernel, machine, threads)
) STRICT, WITHOUT ROWID;

CREATE TABLE space (
  kernel         TEXT PRIMARY KEY,
  hash           TEXT NOT NULL,
  dims           TEXT NOT NULL CHECK (json_valid(dims)),
  tiles          TEXT NOT NULL CHECK (json_valid(tiles)),
  default_config TEXT NOT NULL,
  constraints    TEXT NOT NULL CHECK (json_valid(constraints)),
  machine_facts  TEXT NOT NULL CHECK (json_valid(machine_facts)),
  flops          TEXT NOT NULL,
  bytes          TEXT NOT NULL,
  recorded_at    TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
  id         INTEGER PRIMARY KEY,
  uid        TEXT NOT NULL UNIQUE,
  command    TEXT NOT NULL,
  kernel     TEXT NOT NULL,
  problem    TEXT NOT NULL,
  strategy   TEXT NOT NULL,
  budget     TEXT NOT NULL,
  seed       INTEGER NOT NULL,
  machine    TEXT NOT NULL REFERENCES machine (fingerprint),
  state      TEXT NOT NULL CHECK (state IN ('running', 'finished', 'interrupted', 'failed')),
  started_at TEXT NOT NULL,
  ended_at   TEXT NOT NULL,
  wall_s     REAL,
  compile_s  REAL,
  verify_s   REAL,
  measure_s  REAL,
  host       TEXT NOT NULL,
  process    TEXT NOT NULL
) STRICT;

CREATE TABLE problem (
  id     INTEGER PRIMARY KEY,
  kernel TEXT NOT NULL,
  name   TEXT NOT NULL,
  dims   TEXT NOT NULL,
  sizes  TEXT NOT NULL CHECK (json_valid(sizes)),
  UNIQUE (kernel, name, dims)
) STRICT;

CREATE TABLE trial (
  id               INTEGER PRIMARY KEY,
  session          INTEGER REFERENCES session (id),
  provenance       INTEGER NOT NULL REFERENCES provenance (id),
  problem          INTEGER NOT NULL REFERENCES problem (id),
  config           TEXT NOT NULL,
  tiles            TEXT NOT NULL CHECK (json_valid(tiles)),
  status           TEXT NOT NULL CHECK (status IN ('ok', 'pruned', 'compile_failed',
                     'compile_timeout', 'crashed', 'timed_out', 'wrong', 'suspect',
                     'nondeterministic', 'noisy')),
  stage            TEXT NOT NULL,
  message          TEXT NOT NULL,
  repro            TEXT NOT NULL,
  deterministic    INTEGER CHECK (deterministic IN (0, 1)),
  error_share      REAL,
  median_ns        REAL,
  log_ratio        REAL,
  dropped_at       INTEGER NOT NULL,
  pivot            TEXT NOT NULL,
  compile_ms       REAL,
  verify_ms        REAL,
  measure_ms       REAL,
  code_hash        TEXT NOT NULL,
  alias_of         INTEGER REFERENCES trial (id),
  created_at       TEXT NOT NULL,
  samples_ns       BLOB NOT NULL,
  pivot_samples_ns BLOB NOT NULL,
  UNIQUE (problem, provenance, config)
) STRICT;

CREATE TABLE duel (
  id           INTEGER PRIMARY KEY,
  uid          TEXT NOT NULL UNIQUE,
  session      INTEGER REFERENCES session (id),
  provenance   INTEGER NOT NULL REFERENCES provenance (id),
  problem      INTEGER NOT NULL REFERENCES problem (id),
  seed         INTEGER NOT NULL,
  rounds       INTEGER NOT NULL,
  confidence   REAL,
  tie_band     REAL,
  chosen       TEXT NOT NULL,
  verdict      TEXT NOT NULL CHECK (verdict IN ('win', 'tie', 'loss', 'undecided', 'none')),
  reason       TEXT NOT NULL,
  gflops       REAL,
  gbytes_per_s REAL,
  measure_s    REAL,
  created_at   TEXT NOT NULL
) STRICT;

CREATE TABLE duel_entry (
  duel       INTEGER NOT NULL REFERENCES duel (id) ON DELETE CASCADE,
  position   INTEGER NOT NULL,
  config     TEXT NOT NULL,
  tiles      TEXT NOT NULL CHECK (json_valid(tiles)),
  role       TEXT NOT NULL,
  median_ns  REAL,
  speedup    REAL,
  ci_low     REAL,
  ci_high    REAL,
  verdict    TEXT NOT NULL CHECK (verdict IN ('win', 'tie', 'loss', 'undecided', 'none')),
  samples_ns BLOB NOT NULL,
  PRIMARY KEY (duel, position),
  UNIQUE (duel, config)
) STRICT;

-- The fastest of a problem is the first entry of a range, however many trials there are.
CREATE INDEX trial_by_speed ON trial (problem, provenance, median_ns, config)
  WHERE status = 'ok' AND median_ns > 0;
CREATE INDEX trial_by_session ON trial (session, status);
CREATE INDEX trial_by_alias ON trial (alias_of) WHERE alias_of IS NOT NULL;
CREATE INDEX duel_by_age ON duel (problem, provenance, created_at, id);
)sql";

constexpr const char* kTrialViews = R"sql(
CREATE VIEW trials AS
SELECT t.id, q.kernel, q.name AS problem, q.dims, t.config, t.status,
       entry.verdict,
       nullif(t.median_ns, 0) AS median_ns,
       nullif(base.median_ns, 0) AS default_median_ns,
       entry.speedup, entry.ci_low, entry.ci_high,
       iif(entry.duel IS NULL, NULL, d.rounds) AS rounds,
       length(t.samples_ns) / 4 AS samples,
       nullif(d.gflops, 0) * chosen.median_ns / nullif(t.median_ns, 0) AS gflops,
       nullif(d.gbytes_per_s, 0) * chosen.median_ns / nullif(t.median_ns, 0) AS gbytes_per_s,
       t.stage, t.message, t.repro, t.deterministic, t.error_share,
       iif(t.median_ns > 0, t.log_ratio, NULL) AS log_ratio,
       iif(t.status = 'pruned', t.dropped_at, NULL) AS dropped_at,
       t.compile_ms, t.verify_ms, t.measure_ms, t.code_hash, t.alias_of,
       m.name AS machine, p.machine AS fingerprint, p.compiler_version AS compiler,
       p.compiler AS compiler_path, p.flags, p.threads, p.pinning, p.seed, p.tool_version,
       t.session, c.provenance IS NULL AS stale, t.created_at,
       t.tiles, q.sizes, t.provenance
FROM trial t
JOIN problem q ON q.id = t.problem
JOIN provenance p ON p.id = t.provenance
JOIN machine m ON m.fingerprint = p.machine
LEFT JOIN current_provenance c ON c.provenance = t.provenance
LEFT JOIN duel d ON d.id = (
  SELECT n.id FROM duel n WHERE n.problem = t.problem AND n.provenance = t.provenance
  ORDER BY n.created_at DESC, n.id DESC LIMIT 1)
LEFT JOIN duel_entry entry ON entry.duel = d.id AND entry.config = t.config
LEFT JOIN duel_entry chosen ON chosen.duel = d.id AND chosen.config = d.chosen
LEFT JOIN space s ON s.kernel = q.kernel
LEFT JOIN trial base ON base.problem = t.problem AND base.provenance = t.provenance
                    AND base.config = s.default_config;

CREATE VIEW failures AS
SELECT id, kernel, problem, dims, config, status, stage, message, repro, error_share, machine,
       compiler, session, stale, created_at
FROM trials WHERE status NOT IN ('ok', 'pruned', 'noisy');

CREATE VIEW stale AS
SELECT t.id, p.kernel, q.name AS problem, q.dims, t.config, t.status, t.median_ns,
       m.name AS machine, p.compiler_version AS compiler, t.session, t.created_at,
       coalesce(substr(
         iif(p.source_hash <> n.source_hash, ', kernel source', '') ||
         iif(p.space_hash <> n.space_hash, ', space', '') ||
         iif(p.golden_hash <> n.golden_hash, ', golden', '') ||
         iif(p.compiler <> n.compiler, ', compiler path', '') ||
         iif(p.compiler_version <> n.compiler_version, ', compiler version', '') ||
         iif(p.flags <> n.flags, ', flags', '') ||
         iif(p.pinning <> n.pinning, ', pinning', '') ||
         iif(p.seed <> n.seed, ', seed', '') ||
         iif(p.tool_version <> n.tool_version, ', tool version', ''), 3), 'unknown') AS changed
FROM provenance p
JOIN trial t ON t.provenance = p.id
JOIN problem q ON q.id = t.problem
JOIN machine m ON m.fingerprint = p.machine
LEFT JOIN current_provenance c
  ON c.kernel = p.kernel AND c.machine = p.machine AND c.threads = p.threads
LEFT JOIN provenance n ON n.id = c.provenance
WHERE c.provenance IS NOT p.id;
)sql";

// `best` asks per (provenance, problem of its kernel), which are few, instead of looking at trials,
// which are many; of several provenances on one machine the current one speaks, else the newest.
constexpr const char* kSummaryViews = R"sql(
CREATE VIEW best AS
WITH candidate AS (
  SELECT p.id AS provenance, q.id AS problem, p.machine, p.threads, c.provenance IS NULL AS stale,
         (SELECT d.id FROM duel d WHERE d.problem = q.id AND d.provenance = p.id
          ORDER BY d.created_at DESC, d.id DESC LIMIT 1) AS duel,
         (SELECT t.id FROM trial t WHERE t.problem = q.id AND t.provenance = p.id
            AND t.status = 'ok' AND t.median_ns > 0
          ORDER BY t.median_ns, t.config LIMIT 1) AS trial
  FROM provenance p CROSS JOIN problem q ON q.kernel = p.kernel
  LEFT JOIN current_provenance c ON c.provenance = p.id
), published AS (
  SELECT candidate.*, e.config, e.position, d.created_at
  FROM candidate JOIN duel d ON d.id = candidate.duel
  JOIN duel_entry e ON e.duel = d.id AND e.config = d.chosen
  UNION ALL
  SELECT candidate.*, t.config, NULL, t.created_at
  FROM candidate JOIN trial t ON t.id = candidate.trial
  WHERE NOT EXISTS (SELECT 1 FROM duel d JOIN duel_entry e ON e.duel = d.id AND e.config = d.chosen
                    WHERE d.id = candidate.duel)
), ranked AS (
  SELECT *, row_number() OVER (PARTITION BY problem, machine, threads
                               ORDER BY stale, created_at DESC, provenance DESC) AS place
  FROM published
)
SELECT p.kernel, q.name AS problem, q.dims, r.config,
       iif(e.duel IS NULL, 'screening', 'duel') AS source,
       t.status, iif(e.duel IS NULL, NULL, d.verdict) AS verdict,
       coalesce(nullif(e.median_ns, 0), t.median_ns) AS median_ns,
       iif(e.duel IS NULL, nullif(base.median_ns, 0), other.median_ns) AS default_median_ns,
       e.speedup, e.ci_low, e.ci_high, iif(e.duel IS NULL, NULL, d.rounds) AS rounds,
       length(coalesce(e.samples_ns, t.samples_ns)) / 4 AS samples,
       iif(e.duel IS NULL, NULL, nullif(d.gflops, 0)) AS gflops,
       iif(e.duel IS NULL, NULL, nullif(d.gbytes_per_s, 0)) AS gbytes_per_s,
       iif(e.duel IS NULL, NULL, d.reason) AS reason,
       t.deterministic, t.error_share,
       m.name AS machine, p.machine AS fingerprint, p.compiler_version AS compiler, p.flags,
       p.threads,
       iif(e.duel IS NULL, t.session, d.session) AS session, r.stale, r.created_at,
       coalesce(e.tiles, t.tiles) AS tiles, q.sizes, r.provenance
FROM ranked r
JOIN provenance p ON p.id = r.provenance
JOIN problem q ON q.id = r.problem
JOIN machine m ON m.fingerprint = r.machine
LEFT JOIN duel d ON d.id = r.duel
LEFT JOIN duel_entry e ON e.duel = r.duel AND e.position = r.position
LEFT JOIN duel_entry other ON other.duel = r.duel AND other.role = 'default'
LEFT JOIN trial t ON t.problem = r.problem AND t.provenance = r.provenance AND t.config = r.config
LEFT JOIN space s ON s.kernel = p.kernel
LEFT JOIN trial base ON base.problem = r.problem AND base.provenance = r.provenance
                    AND base.config = s.default_config
WHERE r.place = 1
ORDER BY p.kernel, q.name, q.dims, m.name, p.threads;

CREATE VIEW duels AS
SELECT d.id AS duel, p.kernel, q.name AS problem, q.dims, e.config, e.role,
       e.config = d.chosen AS chosen, e.verdict, e.median_ns,
       other.median_ns AS default_median_ns, e.speedup, e.ci_low, e.ci_high, d.rounds,
       length(e.samples_ns) / 4 AS samples, d.confidence, d.tie_band, d.reason,
       m.name AS machine, p.compiler_version AS compiler, d.session,
       c.provenance IS NULL AS stale, d.created_at
FROM duel d
JOIN duel_entry e ON e.duel = d.id
JOIN problem q ON q.id = d.problem
JOIN provenance p ON p.id = d.provenance
JOIN machine m ON m.fingerprint = p.machine
LEFT JOIN current_provenance c ON c.provenance = d.provenance
LEFT JOIN duel_entry other ON other.duel = d.id AND other.role = 'default';

CREATE VIEW sessions AS
SELECT s.id AS session, s.state, s.kernel, s.problem, s.strategy, s.budget, s.seed,
       (SELECT count(*) FROM trial t WHERE t.session = s.id) AS trials,
       (SELECT count(*) FROM trial t WHERE t.session = s.id AND t.status = 'ok') AS ok,
       (SELECT count(*) FROM trial t WHERE t.session = s.id
          AND t.status NOT IN ('ok', 'pruned', 'noisy')) AS failures,
       s.started_at, s.ended_at, s.wall_s, s.compile_s, s.verify_s, s.measure_s,
       s.wall_s - s.compile_s - s.verify_s - s.measure_s AS framework_s,
       m.name AS machine, s.command
FROM session s JOIN machine m ON m.fingerprint = s.machine;
)sql";

}  // namespace

std::string SchemaVersion1() { return std::string(kTables) + kTrialViews + kSummaryViews; }

}  // namespace tilesmith
