#include "results/sqlite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "tests/results/sample_store.h"

namespace tilesmith {
namespace {

using testing::ErrorOf;
using testing::FreshPath;
using ::testing::HasSubstr;

class SqliteTest : public ::testing::Test {
 protected:
  SqliteTest() : database_(FreshPath("test.db"), Database::Options()) {
    database_.Script("CREATE TABLE t (i INTEGER, r REAL, s TEXT, b BLOB) STRICT");
  }
  std::int64_t Count() { return database_.Integer("SELECT count(*) FROM t").value(); }

  Database database_;
};

TEST_F(SqliteTest, ValuesComeBackAsTheyWent) {
  constexpr std::uint64_t kLarge = 0xffffffffffffffff;
  const std::vector<float> floats = {1.5f, -0.0f, 1e-40f, std::numeric_limits<float>::infinity()};
  const std::string text("with \0 zero, 'quotes' and ünïcode", 35);
  database_.Run("INSERT INTO t VALUES (?, ?, ?, ?)", kLarge, 0.1, text, floats);
  Statement row = database_.Prepare("SELECT * FROM t");
  ASSERT_TRUE(row.Step());
  EXPECT_EQ(static_cast<std::uint64_t>(row.Int(0)), kLarge);
  EXPECT_EQ(row.Real(1), 0.1);
  EXPECT_EQ(row.Text(2), text);
  EXPECT_EQ(row.Floats(3), floats);
  EXPECT_FALSE(row.Step());
}

TEST_F(SqliteTest, NaNIsNullAndInfinityIsNot) {
  const double infinity = std::numeric_limits<double>::infinity();
  database_.Run("INSERT INTO t (i, r) VALUES (1, ?), (2, ?)", std::nan(""), infinity);
  Statement row = database_.Prepare("SELECT r FROM t ORDER BY i");
  ASSERT_TRUE(row.Step());
  EXPECT_TRUE(row.IsNull(0));
  EXPECT_TRUE(std::isnan(row.Real(0)));
  ASSERT_TRUE(row.Step());
  EXPECT_EQ(row.Real(0), infinity);
}

TEST_F(SqliteTest, EmptyTextAndBlobAreNotNull) {
  database_.Run("INSERT INTO t (s, b) VALUES (?, ?)", std::string_view(), std::vector<float>());
  EXPECT_EQ(database_.Integer("SELECT s = '' AND length(b) = 0 FROM t"), 1);
}

TEST_F(SqliteTest, FloatsAreLittleEndian) {
  database_.Run("INSERT INTO t (b) VALUES (?)", std::vector<float>{1.0f});  // 0x3f800000
  EXPECT_EQ(database_.Integer("SELECT hex(b) = '0000803F' FROM t"), 1);
}

TEST_F(SqliteTest, ABlobOfBrokenFloatsIsAnError) {
  database_.Script("INSERT INTO t (b) VALUES (x'000102')");
  Statement row = database_.Prepare("SELECT b FROM t");
  ASSERT_TRUE(row.Step());
  EXPECT_THAT(ErrorOf([&] { row.Floats(0); }), HasSubstr("b is a blob of 3 bytes"));
}

TEST_F(SqliteTest, CellsKeepTheirTypes) {
  const Rows rows = database_.Select("SELECT 1, 0.5, 'x', NULL, x'00', ?1", "--sql", {Field(7)});
  EXPECT_EQ(rows.columns.size(), 6u);
  const std::vector<Field> expected = {
      std::int64_t{1}, 0.5, std::string("x"), std::monostate(), std::monostate(), std::int64_t{7}};
  ASSERT_EQ(rows.cells.size(), 1u);
  EXPECT_EQ(rows.cells[0], expected);
}

TEST_F(SqliteTest, AStatementMayBeUsedTwiceAtOnce) {
  database_.Script("INSERT INTO t (i) VALUES (1), (2)");
  const char* const sql = "SELECT i FROM t ORDER BY i";
  Statement first = database_.Prepare(sql), second = database_.Prepare(sql);
  ASSERT_TRUE(first.Step());
  ASSERT_TRUE(second.Step());
  ASSERT_TRUE(second.Step());
  EXPECT_EQ(first.Int(0), 1);
  EXPECT_EQ(second.Int(0), 2);
}

TEST_F(SqliteTest, AReusedStatementForgetsItsValues) {
  database_.Run("INSERT INTO t (i, s) VALUES (?, ?)", 1, "kept");
  database_.Prepare("INSERT INTO t (i, s) VALUES (?, ?)").Bind(2).Run();
  EXPECT_EQ(database_.Integer("SELECT s IS NULL FROM t WHERE i = 2"), 1);
}

TEST_F(SqliteTest, TransactionsAreAllOrNothing) {
  {
    Transaction transaction(database_);
    database_.Script("INSERT INTO t (i) VALUES (1)");
  }
  EXPECT_EQ(Count(), 0);
  Transaction transaction(database_);
  database_.Script("INSERT INTO t (i) VALUES (1)");
  transaction.Commit();
  EXPECT_EQ(Count(), 1);
}

TEST_F(SqliteTest, SelectRefusesEverythingElse) {
  for (const char* sql :
       {"INSERT INTO t (i) VALUES (1)", "DELETE FROM t", "DROP TABLE t", "PRAGMA user_version = 7",
        "PRAGMA journal_mode = DELETE", "ATTACH 'other.db' AS o", "BEGIN", "VACUUM",
        "VACUUM INTO 'copy.db'", "WITH x AS (SELECT 1) INSERT INTO t (i) SELECT * FROM x",
        "CREATE TEMP TABLE u (i)", "SELECT 1; DELETE FROM t", "SELECT 1; SELECT 2", "", " ; "}) {
    EXPECT_THAT(ErrorOf([&] { database_.Select(sql, "--sql"); }), HasSubstr("--sql: ")) << sql;
  }
  EXPECT_EQ(Count(), 0);
  database_.Script("INSERT INTO t (i) VALUES (1)");  // and afterwards writing works again
  EXPECT_EQ(Count(), 1);
}

TEST_F(SqliteTest, SelectAllowsWhatOnlyReads) {
  for (const char* sql :
       {"SELECT count(*) FROM t",
        "  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
        "LIMIT 3) SELECT * FROM n; ",
        "VALUES (1)", "SELECT 1; -- a remark", "SELECT value FROM json_each('[1,2]')",
        "SELECT name FROM sqlite_schema"}) {
    EXPECT_GE(database_.Select(sql, "--sql").cells.size(), 1u) << sql;
  }
}

TEST_F(SqliteTest, DoubleQuotesNameColumnsOnly) {
  EXPECT_THAT(ErrorOf([&] { database_.Select("SELECT \"nothing\" FROM t", "--sql"); }),
              HasSubstr("no such column: nothing"));
}

TEST_F(SqliteTest, RollbackJournalOnRequest) {
  const auto mode = [](Database& database) {
    Statement row = database.Prepare("PRAGMA journal_mode");
    row.Step();
    return row.Text(0);
  };
  Database::Options options;
  options.rollback_journal = true;
  Database shared(FreshPath("shared.db"), options);
  EXPECT_EQ(mode(shared), "delete");
  EXPECT_EQ(shared.Integer("PRAGMA synchronous"), 2);  // FULL
  if (database_.warning().empty()) {
    EXPECT_EQ(mode(database_), "wal");
    EXPECT_EQ(database_.Integer("PRAGMA synchronous"), 1);  // NORMAL
  }
}

TEST_F(SqliteTest, FilesWithOddNamesOpen) {
  const std::string path = FreshPath("50% of #1?.db");
  { Database(path, Database::Options()).Script("CREATE TABLE x (i)"); }
  EXPECT_TRUE(std::filesystem::exists(path));
  Database::Options options;
  options.read_only = true;
  Database reader(path, options);
  EXPECT_EQ(reader.Integer("SELECT count(*) FROM x"), 0);
}

TEST(SqliteErrorTest, MessagesNameFileAndRemedy) {
  const std::string folder = FreshPath("folder");
  std::filesystem::create_directory(folder);
  EXPECT_THAT(
      ErrorOf([&] { Database(folder, Database::Options()); }),
      ::testing::AllOf(HasSubstr(folder + ": "), HasSubstr("check that the path is a file")));
  Database::Options options;
  options.read_only = true;
  EXPECT_THAT(ErrorOf([&] { Database(folder + "/none.db", options); }),
              HasSubstr("none.db: no such database; sweep a kernel first"));
}

}  // namespace
}  // namespace tilesmith
