// The tables, views and versions of a result database; docs/database.md describes them for readers.
//
// A released migration never changes: databases of that version are out there. A new version is a
// new entry at the end of Migrations().
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "results/sqlite.h"

namespace tilesmith {

/// "tsmt": marks the file as ours (PRAGMA application_id; file(1) shows it).
inline constexpr std::int64_t kApplicationId = 0x74736d74;

/// Migration i takes a database of user_version i to i + 1; the first creates everything.
std::span<const std::string> Migrations();

/// The first of them.
std::string SchemaVersion1();

/// Brings the database to the newest version, all steps in one transaction, so that an interrupted
/// one is repeated and two processes cannot both do it. A read-only database must be of that
/// version already. Throws UserError for a database that is somebody else's, of a newer version, or
/// too old to read.
void PrepareSchema(Database& database, std::span<const std::string> migrations = Migrations());

}  // namespace tilesmith
