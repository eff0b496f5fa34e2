// The result store: one SQLite database that outlives kernels, compilers and crashes.
//
// Every write is one short transaction (WAL, synchronous=NORMAL): kill -9 at any moment loses at
// most the row under way. The schema is documented in docs/database.md and opens in sqlite3,
// Datasette or DuckDB. Opening or using a database throws UserError with one line that names the
// file and the remedy when it is of a newer version, corrupt, locked by another writer, read-only,
// or the disk is full.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "results/records.h"

namespace tilesmith {

class Database;  // results/sqlite.h

class ResultStore {
 public:
  enum class Mode {
    kReadWrite,  // creates the file and its folder, migrates older versions
    kReadOnly,   // the file must exist
  };
  explicit ResultStore(const std::string& path, Mode mode = Mode::kReadWrite);
  ~ResultStore();
  ResultStore(ResultStore&&) noexcept;
  ResultStore& operator=(ResultStore&&) noexcept;

  const std::string& path() const { return path_; }
  /// For queries and maintenance (results/query.h, results/maintenance.h).
  Database& database() const { return *database_; }

  // --- writing: each call is one transaction ---

  /// Remembers the machine; a known fingerprint is left as it is. (Intern and Begin accept
  /// fingerprints that are not known yet and keep a row without name for them.)
  void Put(const MachineRecord& machine);
  /// Remembers the space as the kernel's newest.
  void Put(const SpaceRecord& space);
  /// The id of this provenance, new or known, and makes it the current one of its kernel, machine
  /// and thread count: what `stale` is computed against.
  std::int64_t Intern(const Provenance& provenance);
  /// Opens a session (state "running", started now unless it says when) and returns its id.
  /// Sessions of this host whose process is gone are marked interrupted, ended at their last trial.
  std::int64_t Begin(const Session& session);
  /// Closes the session of this id: its state ("finished" when it still says running), end and
  /// times.
  void End(const Session& session);
  /// Stores the trial; one with the same provenance, problem and config is replaced and keeps its
  /// id, which is returned. The kernel is the provenance's. Doubles that are NaN come back as NaN.
  std::int64_t Put(const Trial& trial);
  /// Stores a further duel and returns its id; older ones stay.
  std::int64_t Put(const Duel& duel);

  // --- reading ---

  /// Trials of this provenance on this problem (same name and dims), in the order first tried.
  std::vector<Trial> Trials(std::int64_t provenance, const Problem& problem) const;
  /// The newest duel of this provenance on this problem.
  std::optional<Duel> LatestDuel(std::int64_t provenance, const Problem& problem) const;
  /// One duel of every (kernel, problem name, machine, threads), ordered by those: the newest of
  /// the current provenance if it has one, otherwise the newest of all, which is then `stale`.
  struct Selected {
    Duel duel;
    Provenance provenance;
    MachineRecord machine;
    bool stale = false;
  };
  std::vector<Selected> Selections(const std::string& kernel = "") const;
  /// nullopt: never stored.
  std::optional<Session> SessionOf(std::int64_t id) const;
  std::optional<SpaceRecord> Space(const std::string& kernel) const;
  std::optional<MachineRecord> Machine(const std::string& fingerprint) const;
  std::optional<Provenance> ProvenanceOf(std::int64_t id) const;
  /// How many trials of this provenance and problem ended how; statuses without one are left out.
  std::vector<std::pair<Status, int>> StatusCounts(std::int64_t provenance,
                                                   const Problem& problem) const;

 private:
  std::string path_;
  std::unique_ptr<Database> database_;
};

}  // namespace tilesmith
