#include "results/schema.h"

#include <array>

#include <fmt/format.h>

namespace tilesmith {
namespace {

[[noreturn]] void Refuse(const Database& database, const std::string& what) {
  throw UserError(fmt::format("{}: {}", database.path(), what));
}

// user_version of a database of ours; 0 of an empty one.
std::int64_t Version(Database& database, std::int64_t newest) {
  const std::int64_t application = database.Integer("PRAGMA application_id").value_or(0);
  const std::int64_t version = database.Integer("PRAGMA user_version").value_or(0);
  const std::int64_t tables = database.Integer("SELECT count(*) FROM sqlite_schema").value_or(0);
  if (application != kApplicationId && (tables > 0 || application != 0)) {
    Refuse(database, "an SQLite database, but not one of tilesmith's; name another file");
  }
  if (version > newest) {
    Refuse(database, fmt::format("written by a newer tilesmith (schema {}, this one knows {}); use "
                                 "that version, or another database",
                                 version, newest));
  }
  return tables == 0 ? 0 : version;
}

}  // namespace

std::span<const std::string> Migrations() {
  static const std::array<std::string, 1> migrations = {SchemaVersion1()};
  return migrations;
}

void PrepareSchema(Database& database, std::span<const std::string> migrations) {
  const auto newest = static_cast<std::int64_t>(migrations.size());
  if (Version(database, newest) == newest) return;
  if (database.read_only()) {
    Refuse(database,
           "empty or of an older version; open it once for writing, e.g. with "
           "'tilesmith db vacuum'");
  }
  Transaction transaction(database);
  // Another process may have been faster.
  for (std::int64_t version = Version(database, newest); version < newest; ++version) {
    database.Script(migrations[static_cast<std::size_t>(version)]);
  }
  database.Script(
      fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", kApplicationId, newest));
  transaction.Commit();
}

}  // namespace tilesmith
