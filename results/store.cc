#include "results/store.h"

#include <fmt/format.h>

#include "results/filesystem.h"
#include "results/json.h"
#include "results/schema.h"
#include "results/sqlite.h"
#include "results/store_detail.h"

namespace tilesmith {
namespace {

using store_detail::kNow;

std::unique_ptr<Database> Open(const std::string& path, ResultStore::Mode mode) {
  const bool read_only = mode == ResultStore::Mode::kReadOnly;
  if (!read_only) MakeFolderOf(path);
  Database::Options options;
  options.read_only = read_only;
  auto database = std::make_unique<Database>(path, options);
  PrepareSchema(*database);
  return database;
}

std::string RulesToJson(const std::vector<SpaceRecord::Rule>& rules) {
  std::string json;
  for (const SpaceRecord::Rule& rule : rules) {
    json +=
        fmt::format(R"({}{{"name":{},"expression":{},"cpp":{},"names":{},"required":{}}})",
                    json.empty() ? "[" : ",", JsonString(rule.name), JsonString(rule.expression),
                    JsonString(rule.cpp), JsonArray(rule.names), rule.required);
  }
  return json.empty() ? "[]" : json + "]";
}

std::vector<std::string> TextsFromJson(Database& database, const std::string& json) {
  std::vector<std::string> texts;
  Statement rows = database.Prepare("SELECT value FROM json_each(?) ORDER BY id");
  for (rows.Bind(json); rows.Step();) texts.push_back(rows.Text(0));
  return texts;
}

Dims DimsFromJson(Database& database, const std::string& json) {
  Dims dims;
  Statement rows = database.Prepare("SELECT key, value FROM json_each(?) ORDER BY id");
  for (rows.Bind(json); rows.Step();) dims.emplace_back(rows.Text(0), rows.Int(1));
  return dims;
}

std::vector<SpaceRecord::Rule> RulesFromJson(Database& database, const std::string& json) {
  std::vector<SpaceRecord::Rule> rules;
  Statement rows = database.Prepare(
      "SELECT json_extract(value, '$.name'), json_extract(value, '$.expression'), "
      "json_extract(value, '$.cpp'), json_extract(value, '$.names'), "
      "coalesce(json_extract(value, '$.required'), 0) FROM json_each(?) ORDER BY id");
  for (rows.Bind(json); rows.Step();) {
    rules.push_back({rows.Text(0), rows.Text(1), rows.Text(2),
                     TextsFromJson(database, rows.Text(3)), rows.Int(4) != 0});
  }
  return rules;
}

constexpr const char* kProvenanceKey =
    "kernel = ? AND source_hash = ? AND space_hash = ? AND golden_hash = ? AND compiler = ? AND "
    "compiler_version = ? AND flags = ? AND machine = ? AND threads = ? AND pinning = ? AND "
    "seed = ? AND tool_version = ?";
constexpr const char* kProvenanceColumns =
    "kernel, source_hash, space_hash, golden_hash, compiler, compiler_version, flags, machine, "
    "threads, pinning, seed, tool_version";

void Bind(Statement& statement, const Provenance& p) {
  statement.Bind(p.kernel, p.source_hash, p.space_hash, p.golden_hash, p.compiler,
                 p.compiler_version, p.flags, p.machine, p.threads, p.pinning, p.seed,
                 p.tool_version);
}

std::int64_t ProvenanceId(Database& database, const Provenance& provenance) {
  static const std::string find = fmt::format("SELECT id FROM provenance WHERE {}", kProvenanceKey);
  static const std::string insert = fmt::format(
      "INSERT INTO provenance ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
      "RETURNING id",
      kProvenanceColumns);
  for (const std::string& sql : {find, insert}) {
    Statement statement = database.Prepare(sql);
    Bind(statement, provenance);
    if (statement.Step()) return statement.Int(0);
  }
  Abort(__FILE__, __LINE__, "INSERT … RETURNING returned nothing");
}

}  // namespace

ResultStore::ResultStore(const std::string& path, Mode mode)
    : path_(path), database_(Open(path, mode)) {}

ResultStore::~ResultStore() = default;
ResultStore::ResultStore(ResultStore&&) noexcept = default;
ResultStore& ResultStore::operator=(ResultStore&&) noexcept = default;

void ResultStore::Put(const MachineRecord& machine) {
  database_->Run(
      "INSERT INTO machine (fingerprint, name, detail) VALUES (?, ?, ?) "
      "ON CONFLICT DO UPDATE SET name = excluded.name, detail = excluded.detail WHERE name = ''",
      machine.fingerprint, machine.name, machine.detail);
}

void ResultStore::Put(const SpaceRecord& space) {
  static const std::string sql = fmt::format(
      "INSERT OR REPLACE INTO space (kernel, hash, dims, tiles, default_config, constraints, "
      "machine_facts, flops, bytes, recorded_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, {})",
      kNow);
  database_->Run(sql, space.kernel, space.hash, JsonArray(space.dims), JsonArray(space.tiles),
                 space.default_config.ToString(), RulesToJson(space.constraints),
                 JsonObject(space.machine_facts), space.flops, space.bytes);
}

std::int64_t ResultStore::Intern(const Provenance& provenance) {
  static const std::string make_current = fmt::format(
      "INSERT INTO current_provenance (kernel, machine, threads, provenance, since) "
      "VALUES (?, ?, ?, ?, {}) ON CONFLICT (kernel, machine, threads) DO UPDATE "
      "SET provenance = excluded.provenance, since = excluded.since",
      kNow);
  Transaction transaction(*database_);
  store_detail::ReserveMachine(*database_, provenance.machine);
  const std::int64_t id = ProvenanceId(*database_, provenance);
  database_->Run(make_current, provenance.kernel, provenance.machine, provenance.threads, id);
  transaction.Commit();
  return id;
}

std::optional<SpaceRecord> ResultStore::Space(const std::string& kernel) const {
  Statement row = database_->Prepare(
      "SELECT kernel, hash, dims, tiles, default_config, constraints, machine_facts, flops, bytes "
      "FROM space WHERE kernel = ?");
  if (!row.Bind(kernel).Step()) return std::nullopt;
  SpaceRecord space;
  space.kernel = row.Text(0);
  space.hash = row.Text(1);
  space.dims = TextsFromJson(*database_, row.Text(2));
  space.tiles = TextsFromJson(*database_, row.Text(3));
  space.default_config = Config::Parse(row.Text(4));
  space.constraints = RulesFromJson(*database_, row.Text(5));
  space.machine_facts = DimsFromJson(*database_, row.Text(6));
  space.flops = row.Text(7);
  space.bytes = row.Text(8);
  return space;
}

std::optional<MachineRecord> ResultStore::Machine(const std::string& fingerprint) const {
  Statement row =
      database_->Prepare("SELECT fingerprint, name, detail FROM machine WHERE fingerprint = ?");
  if (!row.Bind(fingerprint).Step()) return std::nullopt;
  return MachineRecord{row.Text(0), row.Text(1), row.Text(2)};
}

std::optional<Provenance> ResultStore::ProvenanceOf(std::int64_t id) const {
  static const std::string sql =
      fmt::format("SELECT {} FROM provenance WHERE id = ?", kProvenanceColumns);
  Statement row = database_->Prepare(sql);
  if (!row.Bind(id).Step()) return std::nullopt;
  Provenance p;
  std::string* const texts[] = {&p.kernel,   &p.source_hash,      &p.space_hash, &p.golden_hash,
                                &p.compiler, &p.compiler_version, &p.flags,      &p.machine};
  int column = 0;
  for (std::string* text : texts) *text = row.Text(column++);
  p.threads = static_cast<int>(row.Int(8));
  p.pinning = row.Text(9);
  p.seed = static_cast<std::uint64_t>(row.Int(10));
  p.tool_version = row.Text(11);
  return p;
}

}  // namespace tilesmith
