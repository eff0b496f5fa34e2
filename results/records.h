// What is kept of a sweep: plain values, independent of the database that holds them.
// docs/database.md says how they lie in it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "results/config.h"

namespace tilesmith {

/// How a trial ended. A bad variant is a row, never an end.
enum class Status {
  kOk,             // right, and timed to the end of the screening
  kPruned,         // right, but out of the race: dropped_at says after which sample
  kCompileFailed,  // message: the compiler's first error line
  kCompileTimeout,
  kCrashed,  // a signal, exit() or abort() of the kernel
  kTimedOut,
  kWrong,             // message: operand, index, expected, got
  kSuspect,           // too good or too empty to be true
  kNondeterministic,  // right each time, but the bits differ between runs
  kNoisy,             // right, but every sample was disturbed
};
/// "ok", "compile_failed", …: the words of the store, the command line and the reports.
std::string_view ToString(Status status);
std::optional<Status> ParseStatus(std::string_view text);
/// All statuses in declaration order.
const std::vector<Status>& AllStatuses();
/// Whether the variant passed the gate (ok, pruned, noisy).
bool PassedGate(Status status);

/// What a duel says of a config against the default. kNone: nothing to compare, e.g. no config
/// passed.
enum class Verdict { kWin, kTie, kLoss, kUndecided, kNone };
std::string_view ToString(Verdict verdict);
std::optional<Verdict> ParseVerdict(std::string_view text);

/// A problem of a kernel: a name and the sizes it stands for.
struct Problem {
  std::string name;  // "decode-flash"
  Dims dims;         // in the space file's order
};

/// The machine a result was measured on. `fingerprint` is a digest of the fields that decide speed;
/// timings of different fingerprints are never pooled.
struct MachineRecord {
  std::string fingerprint;
  std::string name;    // short and human: "Xeon 2.6 GHz, 2 cores, avx512-vnni"
  std::string detail;  // JSON object: model, stepping, microcode, isa, caches, governor, kernel
};

/// Everything besides problem and tiles that a trial's truth depends on. Two trials are comparable,
/// and a stored one can stand for a new one, exactly when their provenances are equal.
struct Provenance {
  std::string kernel;
  std::string source_hash;  // preprocessed kernel source, without the tiles
  std::string space_hash;   // tile names, gate sizes, ragged problems: not the list of values
  std::string golden_hash;
  std::string compiler;          // path
  std::string compiler_version;  // first line of --version
  std::string flags;
  std::string machine;  // MachineRecord::fingerprint
  int threads = 1;
  std::string pinning;  // "cpus 0-1"
  std::uint64_t seed = 0;
  std::string tool_version;
  friend bool operator==(const Provenance&, const Provenance&) = default;
};

/// A search space as it was when it was swept, so that reports and the generated header can be made
/// from an old database without the kernel's source.
struct SpaceRecord {
  struct Rule {
    std::string name;                // "working set fits L2"
    std::string expression;          // as written in the space file
    std::string cpp;                 // the same as a C++ expression over the same names
    std::vector<std::string> names;  // tiles, dimensions and machine facts it uses
    bool required = false;           // correctness needs it; else it only prunes the search
  };
  std::string kernel;
  std::string hash;                // of everything below
  std::vector<std::string> dims;   // {"T", "D"}
  std::vector<std::string> tiles;  // {"T_TILE", "D_TILE"}
  Config default_config;
  std::vector<Rule> constraints;
  Dims machine_facts;  // values the rules were evaluated with: {"l2_bytes", …}
  /// Expressions over `dims` for reports: operations and least bytes of one call.
  std::string flops;
  std::string bytes;
};

struct Session {
  std::int64_t id = 0;
  std::string command;  // what the user typed
  std::string kernel;
  std::string problem;
  std::string strategy;
  std::string budget;
  std::uint64_t seed = 0;
  std::string machine;     // fingerprint
  std::string state;       // running | finished | interrupted | failed
  std::string started_at;  // ISO 8601, UTC
  std::string ended_at;
  // Where the wall time went, in seconds; the rest is the framework's own.
  double wall_s = 0, compile_s = 0, verify_s = 0, measure_s = 0;
};

/// One config tried on one problem: the unit of storage.
struct Trial {
  std::int64_t id = 0;
  std::int64_t session = 0;
  std::int64_t provenance = 0;  // ResultStore::Intern
  std::string kernel;
  Problem problem;
  Config config;
  Status status = Status::kOk;
  std::string
      stage;  // where it ended: compile | ragged | tiles | problem | repeat | measure | recheck
  std::string message;  // one line; empty when ok
  std::string repro;    // a command that repeats it
  /// Same bits over repeated runs and thread counts; unset when the gate did not get that far.
  std::optional<bool> deterministic;
  /// Largest error over the outputs as a share of what the comparator allows (<= 1 passes).
  double error_share = 0;
  std::vector<float> samples_ns;        // one call each, raw, in the order taken
  std::vector<float> pivot_samples_ns;  // the pivot beside each of them
  std::string pivot;                    // its config
  double median_ns = 0;
  /// Screening's estimate of log(time / default's time): a rank, never published.
  double log_ratio = 0;
  int dropped_at = 0;  // pruned: after this many samples
  double compile_ms = 0, verify_ms = 0, measure_ms = 0;
  std::string code_hash;      // of the variant's machine code
  std::int64_t alias_of = 0;  // timed as this trial, whose machine code is identical; 0 = itself
  std::string created_at;     // ISO 8601, UTC; set by the store
};

/// One contestant of a duel.
struct DuelEntry {
  Config config;
  std::string role;               // default | incumbent | finalist
  std::vector<float> samples_ns;  // one per round; round i of all entries were neighbours in time
  double median_ns = 0;
  double speedup = 1;              // median over rounds of default / this; 1 for the default
  double ci_low = 1, ci_high = 1;  // simultaneous interval of the speed-up
  Verdict verdict = Verdict::kNone;
};

/// The final of a sweep. Only its fresh numbers are published, never the screening's.
struct Duel {
  std::int64_t id = 0;
  std::int64_t session = 0;
  std::int64_t provenance = 0;
  std::string kernel;
  Problem problem;
  std::uint64_t seed = 0;
  int rounds = 0;
  double confidence = 0.95;  // of all intervals together
  double tie_band = 0.01;    // a speed-up inside 1 ± this is a tie
  std::vector<DuelEntry> entries;
  Config chosen;                        // what the header shall carry
  Verdict verdict = Verdict::kNone;     // of the best contestant against the default
  std::string reason;                   // one line: why `chosen` was chosen
  double gflops = 0, gbytes_per_s = 0;  // of `chosen`, at its duel median
  double measure_s = 0;
  std::string created_at;

  const DuelEntry* Find(const Config& config) const;
  const DuelEntry* Default() const;
};

}  // namespace tilesmith
