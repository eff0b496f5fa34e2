#include "results/query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/results/sample_store.h"

namespace tilesmith {
namespace {

using ::testing::ElementsAre;
using ::testing::AllOf;
using testing::ErrorOf;
using testing::FreshPath;
using ::testing::HasSubstr;
using testing::SampleProvenance;
using testing::SampleTrial;

class QueryTest : public ::testing::Test {
 protected:
  QueryTest() : store_(FreshPath("store.db")) {
    store_.Put(testing::SampleMachine());
    provenance_ = store_.Intern(SampleProvenance());
    testing::PutTrials(store_, provenance_, 8);
    Trial wrong = SampleTrial(provenance_, "T_TILE=16,D_TILE=512", 0);
    wrong.status = Status::kWrong;
    store_.Put(wrong);
    Trial other = SampleTrial(store_.Intern(SampleProvenance("rmsnorm")), "ROWS=4", 50);
    other.problem = {"prefill", {{"N", 7168}}};
    store_.Put(other);
  }

  // The configs of the answer, in order.
  std::vector<std::string> Configs(const Query& query) {
    Query with_column = query;
    with_column.columns = {"config"};
    std::vector<std::string> configs;
    for (const auto& row : Ask(store_, with_column).rows.cells) {
      configs.push_back(std::get<std::string>(row.at(0)));
    }
    return configs;
  }
  std::vector<std::string> Where(const std::string& where) {
    return Configs({.kernel = "hc_post", .where = where});
  }

  ResultStore store_;
  std::int64_t provenance_ = 0;
};

TEST_F(QueryTest, WithoutRestrictionReturnsAll) {
  const Answer answer = Ask(store_, {});
  EXPECT_EQ(answer.rows.cells.size(), 10u);
  EXPECT_EQ(answer.rows.columns.at(0), "id");
  EXPECT_EQ(answer.rows.columns.at(1), "kernel");
  EXPECT_EQ(answer.hidden_stale, 0);
  for (const auto& row : answer.rows.cells) EXPECT_EQ(row.size(), answer.rows.columns.size());
}

TEST_F(QueryTest, FiltersByKernelProblemAndStatus) {
  EXPECT_EQ(Configs({.kernel = "hc_post"}).size(), 9u);
  EXPECT_THAT(Configs({.problem = "prefill"}), ElementsAre("ROWS=4"));
  EXPECT_THAT(Configs({.status = "wrong"}), ElementsAre("T_TILE=16,D_TILE=512"));
  EXPECT_TRUE(Configs({.kernel = "rmsnorm", .status = "wrong"}).empty());
}

TEST_F(QueryTest, FastestFirstAndUntimedLast) {
  const std::vector<std::string> configs = Configs({.kernel = "hc_post"});
  EXPECT_EQ(configs.front(), "T_TILE=1,D_TILE=512");
  EXPECT_EQ(configs.back(), "T_TILE=16,D_TILE=512");
}

TEST_F(QueryTest, TopIsPerProblem) {
  EXPECT_THAT(Configs({.top = 2}),
              ElementsAre("T_TILE=1,D_TILE=512", "T_TILE=2,D_TILE=512", "ROWS=4"));
  EXPECT_THAT(Configs({.kernel = "hc_post", .where = "T_TILE > 3", .top = 1}),
              ElementsAre("T_TILE=4,D_TILE=512"));
}

TEST_F(QueryTest, TilesAndSizesAreColumns) {
  EXPECT_THAT(Where("T_TILE >= 7 AND median_ns < 1e5"),
              ElementsAre("T_TILE=7,D_TILE=512", "T_TILE=8,D_TILE=512"));
  EXPECT_THAT(Where("T_TILE * D_TILE = 1024 AND D / T = 512"), ElementsAre("T_TILE=2,D_TILE=512"));
  EXPECT_THAT(Configs({.where = "ROWS = 4"}), ElementsAre("ROWS=4"));
  const Query query{.kernel = "hc_post", .top = 1, .columns = {"T_TILE", "D", "median_ns"}};
  const Rows rows = Ask(store_, query).rows;
  EXPECT_THAT(rows.columns, ElementsAre("T_TILE", "D", "median_ns"));
  const std::vector<Field> expected = {std::int64_t{1}, std::int64_t{4096}, 1000.0};
  EXPECT_EQ(rows.cells.at(0), expected);
}

TEST_F(QueryTest, TilesOfTheSpaceAreColumnsBeforeAnyTrialHasThem) {
  EXPECT_THROW(Where("NEW_TILE IS NULL"), UserError);
  SpaceRecord space = testing::SampleSpace();
  space.tiles.push_back("NEW_TILE");
  store_.Put(space);
  EXPECT_EQ(Where("NEW_TILE IS NULL").size(), 9u);
}

TEST_F(QueryTest, ColumnsWinOverTilesOfTheSameName) {
  store_.Put(SampleTrial(provenance_, "Rounds=3,T_TILE=77", 1e6));
  EXPECT_TRUE(Where("rounds = 3").empty());
  EXPECT_EQ(Where("json_extract(tiles, '$.Rounds') = 3").size(), 1u);
}

TEST_F(QueryTest, ListsItsColumns) {
  const std::vector<std::string> columns = ColumnsOf(store_, "hc_post");
  EXPECT_THAT(columns,
              ::testing::IsSupersetOf({"median_ns", "stale", "T_TILE", "D_TILE", "T", "D"}));
  EXPECT_THAT(columns, ::testing::Not(::testing::Contains("ROWS")));
  EXPECT_THAT(ColumnsOf(store_, ""), ::testing::Contains("ROWS"));
}

TEST_F(QueryTest, UnknownNamesSuggestTheNearest) {
  EXPECT_THAT(ErrorOf([&] { Ask(store_, {.kernel = "hc_psot"}); }),
              "no kernel 'hc_psot' in the database; did you mean 'hc_post'?");
  EXPECT_THAT(ErrorOf([&] { Ask(store_, {.problem = "decode"}); }),
              HasSubstr("did you mean 'decode-flash'?"));
  EXPECT_THAT(ErrorOf([&] { Ask(store_, {.kernel = "rmsnorm", .problem = "decode"}); }),
              HasSubstr("; known: prefill"));
  EXPECT_THAT(ErrorOf([&] { Ask(store_, {.status = "crash"}); }),
              HasSubstr("did you mean 'crashed'?"));
  EXPECT_THAT(ErrorOf([&] { Where("T_TIL >= 4"); }),
              "--where: no column 'T_TIL'; did you mean 'T_TILE'?");
  EXPECT_THAT(ErrorOf([&] { Where("\"T_TIL\" >= 4"); }), HasSubstr("did you mean 'T_TILE'?"));
  EXPECT_THAT(ErrorOf([&] { Ask(store_, {.columns = {"speed_up"}}); }),
              "no column 'speed_up'; did you mean 'speedup'?");
  EXPECT_THAT(ErrorOf([&] { Where("status = ok"); }), HasSubstr("in single quotes: 'ok'"));
}

TEST_F(QueryTest, ConditionsStayConditions) {
  EXPECT_THAT(ErrorOf([&] { Where("T_TILE >="); }), HasSubstr("--where: "));
  EXPECT_THAT(ErrorOf([&] { Where("1); DELETE FROM trial; --"); }), HasSubstr("--where: "));
  EXPECT_THAT(Where("T_TILE = 3 -- a remark"), ElementsAre("T_TILE=3,D_TILE=512"));
  EXPECT_EQ(Where("T_TILE = 1 OR T_TILE = 2").size(), 2u);  // and only of this kernel
  EXPECT_EQ(Ask(store_, {}).rows.cells.size(), 10u);
}

TEST_F(QueryTest, StaleTrialsAreHiddenAndCounted) {
  Provenance newer = SampleProvenance();
  newer.source_hash = "newer";
  store_.Put(SampleTrial(store_.Intern(newer), "T_TILE=3,D_TILE=512", 10));
  Query query{.kernel = "hc_post", .where = "T_TILE <= 3"};
  Answer answer = Ask(store_, query);
  EXPECT_EQ(answer.rows.cells.size(), 1u);
  EXPECT_EQ(answer.hidden_stale, 3);
  query.include_stale = true;
  answer = Ask(store_, query);
  EXPECT_EQ(answer.rows.cells.size(), 4u);
  EXPECT_EQ(answer.hidden_stale, 0);
}

TEST_F(QueryTest, AnEmptyDatabaseAnswersNothing) {
  const ResultStore empty(FreshPath("empty.db"));
  EXPECT_TRUE(Ask(empty, {}).rows.cells.empty());
  EXPECT_EQ(ErrorOf([&] { Ask(empty, {.kernel = "x"}); }), "no kernel 'x' in the database");
}

TEST_F(QueryTest, SqlSelectsFromEverything) {
  const Rows rows =
      AskSql(store_, "SELECT count(*) AS n, kernel FROM trials GROUP BY kernel ORDER BY 1");
  EXPECT_THAT(rows.columns, ElementsAre("n", "kernel"));
  EXPECT_EQ(std::get<std::int64_t>(rows.cells.at(1).at(0)), 9);
}

TEST_F(QueryTest, SqlCannotWrite) {
  for (const char* sql : {"DELETE FROM trial", "UPDATE trial SET status = 'ok'",
                          "PRAGMA user_version=9", "DROP VIEW best", "ATTACH 'x' AS y"}) {
    EXPECT_THAT(ErrorOf([&] { AskSql(store_, sql); }), HasSubstr("--sql: only SELECT")) << sql;
  }
  EXPECT_EQ(Ask(store_, {}).rows.cells.size(), 10u);
  EXPECT_NO_THROW(store_.Put(SampleTrial(provenance_)));
}

TEST_F(QueryTest, SqlErrorsNameTheOptionAndWhatWasMeant) {
  EXPECT_THAT(ErrorOf([&] { AskSql(store_, "SELECT cnfig FROM trials"); }),
              AllOf(HasSubstr("--sql: no such column: cnfig"), HasSubstr("mean 'config'?")));
  EXPECT_THAT(ErrorOf([&] { AskSql(store_, "SELECT t.statsu FROM trial t"); }),
              HasSubstr("mean 'status'?"));
  EXPECT_THAT(ErrorOf([&] { AskSql(store_, "SELECT 1 FROM trals"); }),
              AllOf(HasSubstr("--sql: no such table: trals"), HasSubstr("mean 'trials'?")));
  EXPECT_THAT(ErrorOf([&] { AskSql(store_, "SELECT FROM trials"); }),
              AllOf(HasSubstr("--sql: near"), HasSubstr("docs/database.md")));
}

TEST_F(QueryTest, WorksReadOnly) {
  const ResultStore reader(store_.path(), ResultStore::Mode::kReadOnly);
  EXPECT_EQ(Ask(reader, {}).rows.cells.size(), 10u);
  EXPECT_EQ(AskSql(reader, "SELECT 1").cells.size(), 1u);
}

}  // namespace
}  // namespace tilesmith
