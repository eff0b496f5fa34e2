// SQLite behind three classes that cannot leak: Database, Statement, Transaction. Only sqlite.cc
// includes sqlite3.h.
//
// Every failure throws SqlError, one line that names the file and the remedy.
//
// One connection belongs to one thread, and must not be used (or closed) in a forked child: a child
// leaves by _exit.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "results/error.h"
#include "results/rows.h"

struct sqlite3;
struct sqlite3_stmt;

namespace tilesmith {

/// An SQLite failure. `detail` is SQLite's own message ("no such column: T_TIL").
class SqlError : public UserError {
 public:
  SqlError(const std::string& message, std::string detail)
      : UserError(message), detail_(std::move(detail)) {}
  const std::string& detail() const { return detail_; }

 private:
  std::string detail_;
};

class Database;

/// One execution of a prepared statement: bind, step, read. The compiled statement goes back to its
/// database's cache at the end, so preparing the same text again costs a map look-up.
class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  /// Binds parameters 1, 2, … in order.
  template <typename... Values>
  Statement& Bind(const Values&... values) {
    int index = 0;
    (BindAt(++index, values), ...);
    return *this;
  }
  /// Text is copied; a NaN becomes NULL; floats become a little-endian float32 blob.
  void BindAt(int index, std::int64_t value);
  void BindAt(int index, int value) { BindAt(index, static_cast<std::int64_t>(value)); }
  void BindAt(int index, std::uint64_t value) { BindAt(index, static_cast<std::int64_t>(value)); }
  void BindAt(int index, double value);
  void BindAt(int index, std::string_view value);
  void BindAt(int index, const std::string& value) { BindAt(index, std::string_view(value)); }
  void BindAt(int index, const char* value) { BindAt(index, std::string_view(value)); }
  void BindAt(int index, std::span<const float> value);
  void BindAt(int index, const std::vector<float>& value) { BindAt(index, std::span(value)); }
  void BindAt(int index, const std::optional<bool>& value);
  void BindAt(int index, const Field& value);

  /// Advances to the next row; false after the last.
  bool Step();
  /// Steps to the end, ignoring rows.
  void Run();

  /// Cells of the current row by column, from 0. NULL reads as 0, NaN, "" and no floats.
  bool IsNull(int column) const;
  std::int64_t Int(int column) const;
  double Real(int column) const;
  std::string Text(int column) const;
  /// Throws SqlError when the blob's length is no multiple of 4.
  std::vector<float> Floats(int column) const;
  /// A blob becomes NULL: a cell holds no bytes.
  Field Value(int column) const;

  int columns() const;
  std::string ColumnName(int column) const;
  /// The remaining rows.
  Rows All();

 private:
  friend class Database;
  Statement(Database* database, std::string sql, sqlite3_stmt* handle)
      : database_(database), sql_(std::move(sql)), handle_(handle) {}
  void Check(int code) const;

  Database* database_;
  std::string sql_;
  sqlite3_stmt* handle_;
};

class Database {
 public:
  struct Options {
    bool read_only = false;
    /// Keep a rollback journal instead of a write-ahead log; what a network filesystem gets,
    /// because the log's shared memory does not reach other hosts.
    bool rollback_journal = false;
    /// How long to wait for another process's transaction.
    std::chrono::milliseconds busy_timeout{5000};
  };
  /// Opens the file, creating it unless read_only; its folder must exist. Sets foreign keys,
  /// synchronous=NORMAL and the journal.
  Database(const std::string& path, const Options& options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  const std::string& path() const { return path_; }
  bool read_only() const { return options_.read_only; }
  /// How another connection should name a read-only database, e.g. in ATTACH.
  const std::string& uri() const { return uri_; }
  /// Something the user should know about how the file had to be opened; empty when all is usual.
  const std::string& warning() const { return warning_; }
  void SetBusyTimeout(std::chrono::milliseconds timeout);

  /// A statement ready to bind. The text must be one statement of ours.
  Statement Prepare(std::string_view sql);
  /// Prepares, binds and runs to the end.
  template <typename... Values>
  void Run(std::string_view sql, const Values&... values) {
    Prepare(sql).Bind(values...).Run();
  }
  /// The first cell of the first row; nullopt when there is no row.
  template <typename... Values>
  std::optional<std::int64_t> Integer(std::string_view sql, const Values&... values) {
    Statement statement = Prepare(sql);
    statement.Bind(values...);
    return statement.Step() ? std::optional(statement.Int(0)) : std::nullopt;
  }
  /// Any number of statements without parameters.
  void Script(const std::string& sql);

  /// Runs one statement of the user's: nothing but SELECT, and nothing that writes. `what` is the
  /// option it came from and starts the message. Throws SqlError.
  Rows Select(const std::string& sql, const std::string& what,
              const std::vector<Field>& values = {});

  /// Rows changed by the last INSERT, UPDATE or DELETE.
  std::int64_t Changes() const;
  /// Throws what `code` means to the user; returns when it is a success.
  void Check(int code) const;

 private:
  friend class Statement;
  friend class Transaction;
  class SelectOnly;

  void Open(const std::string& uri, int flags);
  void OpenReadOnly();
  void OpenReadWrite();
  void SetJournal();
  void Configure();
  bool Readable();
  void Close();

  std::string path_;
  Options options_;
  std::string uri_;
  std::string warning_;
  sqlite3* handle_ = nullptr;
  std::multimap<std::string, sqlite3_stmt*, std::less<>> idle_;
};

/// Everything until Commit() happens together or not at all. Takes the write lock at once, so that
/// a conflict shows before any work is done. Does not nest.
class Transaction {
 public:
  explicit Transaction(Database& database);
  /// Rolls back unless committed.
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void Commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace tilesmith
