#include "results/sqlite.h"

#include <sqlite3.h>

#include <bit>
#include <cstring>
#include <filesystem>
#include <limits>
#include <system_error>

#include <fmt/format.h>

#include "results/filesystem.h"

namespace tilesmith {
namespace {

static_assert(std::endian::native == std::endian::little,
              "samples are stored as little-endian floats without conversion");

// What the user can do about each class of failure.
std::string Remedy(int primary, std::chrono::milliseconds timeout) {
  switch (primary) {
    case SQLITE_NOTADB: return "this is not a result database; name another file";
    case SQLITE_CORRUPT:
      return "the database is damaged; restore a copy, or save what can be read with "
             "sqlite3's .recover into a new file";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return fmt::format("another process has kept it locked for {} s; let it finish, then repeat",
                         static_cast<double>(timeout.count()) / 1000);
    case SQLITE_PROTOCOL:
      return "locking fails on this filesystem; put the database on a local disk";
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return "it cannot be written; make the file and its folder writable, or name another file";
    case SQLITE_FULL:
      return "the disk is full; free some space and repeat, finished results are kept";
    case SQLITE_IOERR:
      return "reading or writing failed; check disk space, limits and the disk, then repeat";
    case SQLITE_CANTOPEN:
      return "it cannot be opened; check that the path is a file and that you may use its folder";
    case SQLITE_CONSTRAINT:
      return "the record repeats a key or refers to something that is not there";
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG: return "it is too large for this machine's memory or for SQLite";
    default: return "";
  }
}

// Whether nothing but blanks and comments follows: they compile to no statement.
bool OnlyBlanks(sqlite3* handle, const char* text) {
  const char* rest = text + std::strspn(text, "; \t\r\n");
  if (*rest == '\0') return true;
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(handle, rest, -1, &statement, nullptr);
  const bool blank = code == SQLITE_OK && statement == nullptr;
  sqlite3_finalize(statement);
  return blank;
}

std::string Uri(const std::string& path, std::string_view parameters) {
  // An absolute path would need a host part only if it began with two slashes.
  std::string uri = path.starts_with("//") ? "file://" : "file:";
  for (const char c : path) {
    uri += std::strchr("?#%", c) == nullptr ? std::string(1, c) : fmt::format("%{:02x}", c);
  }
  return uri.append(parameters);
}

int AllowReading(void*, int action, const char*, const char*, const char*, const char*) {
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_FUNCTION:
    case SQLITE_RECURSIVE: return SQLITE_OK;
    default: return SQLITE_DENY;
  }
}

}  // namespace

// While it lives, the connection refuses everything but reading. sqlite3_stmt_readonly alone would
// let ATTACH, PRAGMA and BEGIN through.
class Database::SelectOnly {
 public:
  explicit SelectOnly(Database& database) : database_(database) {
    // Table functions declare themselves at their first use, which the authorizer would take for
    // CREATE.
    database_.Script("PRAGMA query_only = ON; SELECT 1 FROM json_each('[]'), json_tree('[]')");
    sqlite3_set_authorizer(database_.handle_, &AllowReading, nullptr);
  }
  ~SelectOnly() {
    sqlite3_set_authorizer(database_.handle_, nullptr, nullptr);
    sqlite3_exec(database_.handle_, "PRAGMA query_only = OFF", nullptr, nullptr, nullptr);
  }
  SelectOnly(const SelectOnly&) = delete;
  SelectOnly& operator=(const SelectOnly&) = delete;

 private:
  Database& database_;
};

// --- Statement ---

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_), sql_(std::move(other.sql_)), handle_(other.handle_) {
  other.handle_ = nullptr;
}

Statement::~Statement() {
  if (handle_ == nullptr) return;
  sqlite3_reset(handle_);
  sqlite3_clear_bindings(handle_);
  database_->idle_.emplace(std::move(sql_), handle_);
}

void Statement::Check(int code) const {
  if (code != SQLITE_OK) database_->Check(code);
}

void Statement::BindAt(int index, std::int64_t value) {
  Check(sqlite3_bind_int64(handle_, index, value));
}

void Statement::BindAt(int index, double value) {
  Check(sqlite3_bind_double(handle_, index, value));
}

void Statement::BindAt(int index, std::string_view value) {
  // A null pointer would bind NULL instead of "".
  const char* text = value.data() != nullptr ? value.data() : "";
  Check(sqlite3_bind_text64(handle_, index, text, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::BindAt(int index, std::span<const float> value) {
  const void* bytes = value.empty() ? static_cast<const void*>("") : value.data();
  Check(sqlite3_bind_blob64(handle_, index, bytes, value.size_bytes(), SQLITE_TRANSIENT));
}

void Statement::BindAt(int index, const std::optional<bool>& value) {
  Check(value ? sqlite3_bind_int(handle_, index, *value ? 1 : 0)
              : sqlite3_bind_null(handle_, index));
}

void Statement::BindAt(int index, const Field& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return BindAt(index, *integer);
  if (const auto* real = std::get_if<double>(&value)) return BindAt(index, *real);
  if (const auto* text = std::get_if<std::string>(&value)) return BindAt(index, *text);
  Check(sqlite3_bind_null(handle_, index));
}

bool Statement::Step() {
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) Check(code);
  return false;
}

void Statement::Run() {
  while (Step()) {
  }
}

bool Statement::IsNull(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

std::int64_t Statement::Int(int column) const { return sqlite3_column_int64(handle_, column); }

double Statement::Real(int column) const {
  if (IsNull(column)) return std::numeric_limits<double>::quiet_NaN();
  return sqlite3_column_double(handle_, column);
}

std::string Statement::Text(int column) const {
  const unsigned char* text = sqlite3_column_text(handle_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column));
  return text == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(text), size);
}

std::vector<float> Statement::Floats(int column) const {
  const void* bytes = sqlite3_column_blob(handle_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column));
  if (size % sizeof(float) != 0) {
    const std::string what =
        fmt::format("{} is a blob of {} bytes, not of whole floats", ColumnName(column), size);
    throw SqlError(
        fmt::format("{}: {}; find the rows with 'tilesmith db verify'", database_->path(), what),
        what);
  }
  std::vector<float> values(size / sizeof(float));
  if (size != 0) std::memcpy(values.data(), bytes, size);
  return values;
}

Field Statement::Value(int column) const {
  switch (sqlite3_column_type(handle_, column)) {
    case SQLITE_INTEGER: return Int(column);
    case SQLITE_FLOAT: return Real(column);
    case SQLITE_TEXT: return Text(column);
    default: return std::monostate();
  }
}

int Statement::columns() const { return sqlite3_column_count(handle_); }

std::string Statement::ColumnName(int column) const {
  const char* name = sqlite3_column_name(handle_, column);
  return name == nullptr ? "" : name;
}

Rows Statement::All() {
  Rows rows;
  for (int i = 0; i < columns(); ++i) rows.columns.push_back(ColumnName(i));
  while (Step()) {
    std::vector<Field>& row = rows.cells.emplace_back();
    for (int i = 0; i < columns(); ++i) row.push_back(Value(i));
  }
  return rows;
}

// --- Database ---

Database::Database(const std::string& path, const Options& options)
    : path_(path), options_(options) {
  try {
    options_.read_only ? OpenReadOnly() : OpenReadWrite();
  } catch (...) {
    Close();
    throw;
  }
}

Database::~Database() { Close(); }

void Database::Close() {
  for (const auto& [sql, statement] : idle_) sqlite3_finalize(statement);
  idle_.clear();
  sqlite3_close(handle_);
  handle_ = nullptr;
}

void Database::Open(const std::string& uri, int flags) {
  Close();
  uri_ = uri;
  const int code = sqlite3_open_v2(uri.c_str(), &handle_,
                                   flags | SQLITE_OPEN_URI | SQLITE_OPEN_EXRESCODE, nullptr);
  Check(code);
  SetBusyTimeout(options_.busy_timeout);
}

bool Database::Readable() {
  const int code =
      sqlite3_exec(handle_, "SELECT count(*) FROM sqlite_schema", nullptr, nullptr, nullptr);
  const int primary = code & 0xff;
  if (primary == SQLITE_CANTOPEN || primary == SQLITE_READONLY) return false;
  Check(code);
  return true;
}

void Database::OpenReadOnly() {
  std::error_code error;
  if (!std::filesystem::exists(path_, error)) {
    throw UserError(
        fmt::format("{}: no such database; sweep a kernel first, or name one that exists", path_));
  }
  Open(Uri(path_, "?mode=ro"), SQLITE_OPEN_READONLY);
  if (!Readable()) {
    // A write-ahead log needs a writable folder even to be read. Without a log the file itself is
    // complete, and nobody who could change it can be at work here.
    if (std::filesystem::exists(path_ + "-wal", error)) Check(sqlite3_errcode(handle_));
    Open(Uri(path_, "?immutable=1"), SQLITE_OPEN_READONLY);
    if (!Readable()) Check(sqlite3_errcode(handle_));
  }
  Configure();
}

void Database::OpenReadWrite() {
  Open(Uri(path_, ""), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  // SQLite quietly falls back to reading where it may not write.
  if (sqlite3_db_readonly(handle_, "main") == 1) Check(SQLITE_READONLY);
  if (!Readable()) Check(sqlite3_errcode(handle_));
  SetJournal();
  Configure();
}

void Database::SetJournal() {
  const std::string network(NetworkFilesystemOf(path_));
  const bool rollback = options_.rollback_journal || !network.empty();
  Statement journal =
      Prepare(rollback ? "PRAGMA journal_mode = DELETE" : "PRAGMA journal_mode = WAL");
  journal.Step();
  const std::string mode = journal.Text(0);
  // Without a log, a commit that does not wait for the disk could damage the file.
  Script(mode == "wal" ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL");
  if (!network.empty()) {
    warning_ = fmt::format(
        "{}: lies on {}, where SQLite is slow and must have one writer at a time; "
        "a local disk is better",
        path_, network);
  } else if (!rollback && mode != "wal") {
    warning_ = fmt::format(
        "{}: no write-ahead log on this filesystem (journal mode {}); writing is "
        "slower than on a local disk",
        path_, mode);
  }
}

void Database::Configure() {
  // Else "T_TIL" in double quotes would be a text instead of an unknown column.
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  Script(
      "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;"
      "PRAGMA cache_size = -65536;");
}

void Database::SetBusyTimeout(std::chrono::milliseconds timeout) {
  options_.busy_timeout = timeout;
  Check(sqlite3_busy_timeout(handle_, static_cast<int>(timeout.count())));
}

Statement Database::Prepare(std::string_view sql) {
  if (const auto idle = idle_.find(sql); idle != idle_.end()) {
    auto node = idle_.extract(idle);
    return Statement(this, std::move(node.key()), node.mapped());
  }
  sqlite3_stmt* handle = nullptr;
  Check(sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                           SQLITE_PREPARE_PERSISTENT, &handle, nullptr));
  TILESMITH_CHECK(handle != nullptr);
  return Statement(this, std::string(sql), handle);
}

void Database::Script(const std::string& sql) {
  Check(sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr));
}

Rows Database::Select(const std::string& sql, const std::string& what,
                      const std::vector<Field>& values) {
  const SelectOnly guard(*this);
  sqlite3_stmt* handle = nullptr;
  const char* rest = nullptr;
  const int code = sqlite3_prepare_v2(handle_, sql.c_str(), -1, &handle, &rest);
  const int primary = code & 0xff;
  if (primary == SQLITE_AUTH) {
    throw SqlError(what + ": only SELECT is allowed; change databases with sqlite3",
                   "not a SELECT");
  }
  if (primary == SQLITE_ERROR) {
    const std::string detail = sqlite3_errmsg(handle_);
    throw SqlError(fmt::format("{}: {}; docs/database.md lists tables and columns", what, detail),
                   detail);
  }
  Check(code);
  if (handle == nullptr) throw SqlError(what + ": no statement; write a SELECT", "empty");
  Statement statement(this, sql, handle);
  if (sqlite3_stmt_readonly(handle) == 0 || !OnlyBlanks(handle_, rest)) {
    throw SqlError(what + ": give one SELECT and nothing after it", "not one SELECT");
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    statement.BindAt(static_cast<int>(i) + 1, values[i]);
  }
  return statement.All();
}

std::int64_t Database::Changes() const { return sqlite3_changes64(handle_); }

void Database::Check(int code) const {
  const int primary = code & 0xff;
  if (primary == SQLITE_OK || primary == SQLITE_ROW || primary == SQLITE_DONE) return;
  const bool known = handle_ != nullptr && (sqlite3_errcode(handle_) & 0xff) == primary;
  const std::string detail = known ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
  TILESMITH_CHECK(primary != SQLITE_MISUSE);
  const std::string remedy = Remedy(primary, options_.busy_timeout);
  throw SqlError(remedy.empty() ? fmt::format("{}: {}", path_, detail)
                                : fmt::format("{}: {}: {}", path_, detail, remedy),
                 detail);
}

// --- Transaction ---

Transaction::Transaction(Database& database) : database_(database) {
  database_.Run("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  // A full disk has already rolled back.
  if (!open_ || sqlite3_get_autocommit(database_.handle_) != 0) return;
  sqlite3_exec(database_.handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::Commit() {
  database_.Run("COMMIT");
  open_ = false;
}

}  // namespace tilesmith
