#include "results/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>

#include "tests/results/sample_store.h"

namespace tilesmith {
namespace {

using testing::ErrorOf;
using testing::FreshPath;
using ::testing::HasSubstr;
using testing::Scalar;

std::vector<std::string> WithOneMore(const std::string& migration) {
  std::vector<std::string> migrations(Migrations().begin(), Migrations().end());
  migrations.push_back(migration);
  return migrations;
}

TEST(SchemaTest, MarksTheFileAsOurs) {
  const ResultStore store(FreshPath("x.db"));
  EXPECT_EQ(store.database().Integer("PRAGMA application_id"), kApplicationId);
  EXPECT_EQ(store.database().Integer("PRAGMA user_version"),
            static_cast<std::int64_t>(Migrations().size()));
}

TEST(SchemaTest, EveryTableIsStrict) {
  const ResultStore store(FreshPath("x.db"));
  EXPECT_EQ(Scalar(store,
                   "SELECT group_concat(name) FROM (SELECT name FROM pragma_table_list WHERE "
                   "schema = 'main' AND type = 'table' AND strict ORDER BY name)"),
            "current_provenance,duel,duel_entry,machine,problem,provenance,session,space,trial");
  EXPECT_EQ(Scalar(store,
                   "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND "
                   "type = 'table' AND NOT strict AND name NOT LIKE 'sqlite_%'"),
            "0");
}

TEST(SchemaTest, EveryViewCanBeRead) {
  const ResultStore store(FreshPath("x.db"));
  for (const char* view : {"best", "trials", "stale", "failures", "sessions", "duels"}) {
    EXPECT_TRUE(
        store.database().Select(std::string("SELECT * FROM ") + view, "view").cells.empty());
  }
}

TEST(SchemaTest, OlderDatabasesAreBroughtUp) {
  const std::string path = FreshPath("x.db");
  {
    ResultStore store(path);
    store.Put(testing::SampleTrial(store.Intern(testing::SampleProvenance())));
  }
  const auto newer = WithOneMore("ALTER TABLE trial ADD COLUMN energy_j REAL");
  Database database(path, Database::Options());
  PrepareSchema(database, newer);
  EXPECT_EQ(database.Integer("PRAGMA user_version"), static_cast<std::int64_t>(newer.size()));
  EXPECT_EQ(database.Integer("SELECT count(*) FROM trial WHERE energy_j IS NULL"), 1);
  EXPECT_NO_THROW(PrepareSchema(database, newer));  // nothing is left to do
}

TEST(SchemaTest, AFailedMigrationChangesNothing) {
  const std::string path = FreshPath("x.db");
  { ResultStore store(path); }
  const auto broken = WithOneMore("CREATE TABLE half (i); INSERT INTO nothing VALUES (1)");
  Database database(path, Database::Options());
  EXPECT_THROW(PrepareSchema(database, broken), UserError);
  EXPECT_EQ(database.Integer("PRAGMA user_version"),
            static_cast<std::int64_t>(Migrations().size()));
  EXPECT_EQ(database.Integer("SELECT count(*) FROM sqlite_schema WHERE name = 'half'"), 0);
}

TEST(SchemaTest, RefusesNewerVersions) {
  const std::string path = FreshPath("x.db");
  {
    Database database(path, Database::Options());
    PrepareSchema(database, WithOneMore("CREATE TABLE future (i)"));
  }
  for (const auto mode : {ResultStore::Mode::kReadWrite, ResultStore::Mode::kReadOnly}) {
    EXPECT_THAT(ErrorOf([&] { ResultStore(path, mode); }),
                ::testing::AllOf(HasSubstr(path), HasSubstr("newer tilesmith (schema 2")));
  }
}

TEST(SchemaTest, ReadOnlyDoesNotMigrate) {
  const std::string path = FreshPath("x.db");
  { ResultStore store(path); }
  Database::Options options;
  options.read_only = true;
  Database database(path, options);
  EXPECT_NO_THROW(PrepareSchema(database));
  EXPECT_THAT(ErrorOf([&] { PrepareSchema(database, WithOneMore("CREATE TABLE future (i)")); }),
              HasSubstr("open it once for writing"));
}

TEST(SchemaTest, RefusesOtherPeoplesDatabases) {
  const std::string path = FreshPath("x.db");
  { Database(path, Database::Options()).Script("CREATE TABLE recipes (name TEXT)"); }
  EXPECT_THAT(ErrorOf([&] { ResultStore{path}; }), HasSubstr("not one of tilesmith's"));
  EXPECT_EQ(Database(path, Database::Options()).Integer("SELECT count(*) FROM sqlite_schema"), 1);
}

TEST(SchemaTest, AnEmptyFileBecomesADatabase) {
  const std::string path = FreshPath("x.db");
  std::ofstream{path};
  EXPECT_THAT(ErrorOf([&] { ResultStore(path, ResultStore::Mode::kReadOnly); }),
              HasSubstr("empty"));
  EXPECT_NO_THROW(ResultStore{path});
}

}  // namespace
}  // namespace tilesmith
