// What the parts of the store share; for results/store*.cc only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "results/records.h"
#include "results/sqlite.h"

namespace tilesmith::store_detail {

/// An SQL expression: the time of the statement, ISO 8601, UTC, to the millisecond.
inline constexpr const char* kNow = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')";

/// The id of the problem of the provenance's kernel; nullopt when it was never stored.
std::optional<std::int64_t> FindProblem(Database& database, std::int64_t provenance,
                                        const Problem& problem);
/// The same, storing it when new. Requires a known provenance and an open transaction.
std::int64_t InternProblem(Database& database, std::int64_t provenance, const Problem& problem);

/// The problem of columns name and dims.
Problem ReadProblem(const Statement& row, int name_column, int dims_column);

/// Makes sure a row of this fingerprint exists, empty until its MachineRecord is put.
void ReserveMachine(Database& database, const std::string& fingerprint);

/// 0 where the store keeps NULL for "not measured".
double RealOrZero(const Statement& row, int column);

/// The value of a stored word; throws UserError for one this version does not know.
Status ReadStatus(const Database& database, const std::string& text);
Verdict ReadVerdict(const Database& database, const std::string& text);

}  // namespace tilesmith::store_detail
