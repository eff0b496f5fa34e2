#include "reports/sweep_summary.h"

#include <algorithm>
#include <map>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/reports/example_records.h"

namespace tilesmith {
namespace {

using testing::HasSubstr;
using testing::Not;

SweepResult Example() {
  const HeaderEntry entry = ExampleEntry("decode-flash", 8, 4096, "T_TILE=4,D_TILE=1024");
  SweepResult result;
  result.session.id = 12;
  result.session.kernel = "hc_post";
  result.session.problem = "decode-flash";
  result.session.wall_s = 41.2;
  result.session.compile_s = 25.132;
  result.session.verify_s = 4.944;
  result.session.measure_s = 9.064;
  result.machine = entry.machine;
  result.compiler = "g++ 12.2.0";
  result.duel = entry.duel;
  result.duel.gflops = 12.5;
  result.duel.gbytes_per_s = 8.125;
  result.counts = {
      {Status::kOk, 10}, {Status::kPruned, 5}, {Status::kCompileFailed, 2}, {Status::kWrong, 3}};
  result.rejections = {{"wrong: y[0] expected 1, got 2", 3}, {"static assertion failed", 2}};
  result.tried = 15;
  result.known = 5;
  result.space_size = 24;
  result.bandwidth_share = 0.45;
  return result;
}

SweepResult NothingPassed() {
  SweepResult result;
  result.session.id = 13;
  result.session.kernel = "hc_pre";
  result.session.problem = "prefill";
  result.counts = {{Status::kCompileFailed, 2}, {Status::kWrong, 3}};
  result.tried = 5;
  result.note = "interrupted; run the same command to resume";
  return result;
}

// The row by column name.
std::map<std::string, Cell> Row(const SweepResult& result) {
  const Table table = SweepTable({result});
  std::map<std::string, Cell> row;
  for (std::size_t i = 0; i < table.columns.size(); ++i) row[table.columns[i]] = table.rows[0][i];
  return row;
}

std::size_t LongestLine(const std::string& text) {
  std::istringstream lines(text);
  std::size_t longest = 0;
  for (std::string line; std::getline(lines, line);) longest = std::max(longest, line.size());
  return longest;
}

TEST(SweepTableTest, BeginsWithTheDocumentedColumns) {
  const std::vector<std::string> documented = {
      "kernel",  "problem",  "config",  "status", "verdict", "median_ns", "default_median_ns",
      "speedup", "ci_low",   "ci_high", "rounds", "samples", "gflops",    "gbytes_per_s",
      "machine", "compiler", "session"};
  const Table table = SweepTable({});
  ASSERT_GE(table.columns.size(), documented.size());
  EXPECT_TRUE(std::equal(documented.begin(), documented.end(), table.columns.begin()));
  EXPECT_TRUE(table.rows.empty());
}

TEST(SweepTableTest, AWinIsOneRowOfTheChosenConfig) {
  auto row = Row(Example());
  EXPECT_EQ(std::get<std::string>(row["kernel"]), "hc_post");
  EXPECT_EQ(std::get<std::string>(row["problem"]), "decode-flash");
  EXPECT_EQ(std::get<std::string>(row["config"]), "T_TILE=4,D_TILE=1024");
  EXPECT_EQ(std::get<std::string>(row["status"]), "ok");
  EXPECT_EQ(std::get<std::string>(row["verdict"]), "win");
  EXPECT_EQ(std::get<double>(row["median_ns"]), 804);
  EXPECT_EQ(std::get<double>(row["default_median_ns"]), 1005);
  EXPECT_EQ(std::get<double>(row["speedup"]), 1.25);
  EXPECT_EQ(std::get<double>(row["ci_low"]), 1.2);
  EXPECT_EQ(std::get<double>(row["ci_high"]), 1.3125);
  EXPECT_EQ(std::get<std::int64_t>(row["rounds"]), 40);
  EXPECT_EQ(std::get<std::int64_t>(row["samples"]), 2);
  EXPECT_EQ(std::get<std::int64_t>(row["session"]), 12);
  EXPECT_EQ(std::get<std::string>(row["default_config"]), "T_TILE=8,D_TILE=512");
  EXPECT_EQ(std::get<std::int64_t>(row["rejected"]), 5);
  EXPECT_EQ(std::get<double>(row["bandwidth_share"]), 0.45);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(row["peak_share"]));
}

TEST(SweepTableTest, ATieCarriesTheDefaultsNumbersAndNamesTheRival) {
  SweepResult result = Example();
  result.duel = ExampleTie("decode-flash", 8, 4096, "T_TILE=16,D_TILE=512").duel;
  auto row = Row(result);
  EXPECT_EQ(std::get<std::string>(row["config"]), "T_TILE=8,D_TILE=512");
  EXPECT_EQ(std::get<std::string>(row["verdict"]), "tie");
  EXPECT_EQ(std::get<double>(row["speedup"]), 1);
  EXPECT_EQ(std::get<std::string>(row["rival_config"]), "T_TILE=16,D_TILE=512");
  EXPECT_EQ(std::get<double>(row["rival_speedup"]), 1.004);
}

TEST(SweepTableTest, NothingPassedHasTheCommonestFailureAndEmptyNumbers) {
  auto row = Row(NothingPassed());
  EXPECT_EQ(std::get<std::string>(row["kernel"]), "hc_pre");
  EXPECT_EQ(std::get<std::string>(row["status"]), "wrong");
  EXPECT_EQ(std::get<std::string>(row["verdict"]), "none");
  for (const char* column : {"config", "median_ns", "speedup", "rounds", "samples", "gflops"}) {
    EXPECT_TRUE(std::holds_alternative<std::monostate>(row[column])) << column;
  }
}

TEST(SweepTextTest, AWinReadsAsAParagraph) {
  EXPECT_EQ(
      SweepText({Example()}),
      "hc_post decode-flash (T=8,D=4096): win, 1.250x [1.200, 1.312] at 95 %, 40 rounds\n"
      "  default  1.005 us  T_TILE=8,D_TILE=512\n"
      "  best     804 ns  T_TILE=4,D_TILE=1024\n"
      "  why      fastest of 3 contestants\n"
      "  rate     8.125 GB/s (45 % of the measured bandwidth), 12.5 GFLOP/s\n"
      "  tried    15 now, 5 known from before, of 24; 10 ok, 5 pruned, 2 compile_failed, 3 wrong\n"
      "  rejected 3 x wrong: y[0] expected 1, got 2\n"
      "           2 x static assertion failed\n"
      "  time     compile 61 %, verify 12 %, measure 22 %, framework 5 % of 41.2 s\n"
      "  machine  Xeon 2.6 GHz, 2 cores\n"
      "  compiler g++ 12.2.0\n");
}

TEST(SweepTextTest, ATieShowsTheRivalAndWhatWasChosen) {
  SweepResult result = Example();
  result.duel = ExampleTie("decode-flash", 8, 4096, "T_TILE=16,D_TILE=512").duel;
  const std::string text = SweepText({result});
  EXPECT_THAT(text, HasSubstr(": tie, 1.004x [0.996, 1.008]"));
  EXPECT_THAT(text, HasSubstr("  best     804 ns  T_TILE=16,D_TILE=512\n"));
  EXPECT_THAT(text, HasSubstr("  chosen   T_TILE=8,D_TILE=512\n"));
}

TEST(SweepTextTest, NothingPassedSaysSoAndHowToGoOn) {
  const std::string text = SweepText({NothingPassed()});
  EXPECT_THAT(text, testing::StartsWith("hc_pre prefill: none\n"));
  EXPECT_THAT(text, HasSubstr("2 compile_failed, 3 wrong"));
  EXPECT_THAT(text, HasSubstr("  note     interrupted; run the same command to resume\n"));
  EXPECT_THAT(text, Not(HasSubstr("best")));
}

TEST(SweepTextTest, StaysWithin100ColumnsWhateverTheNames) {
  SweepResult result = Example();
  Dims tiles;
  for (int i = 0; i < 20; ++i) tiles.emplace_back("VERY_LONG_TILE_NAME_" + std::to_string(i), 1024);
  result.duel.entries.back().config = result.duel.chosen = Config(tiles);
  result.rejections = {};
  for (int i = 0; i < 9; ++i) {
    result.rejections.emplace_back(
        "a long reason that goes on and on, as compilers' messages do, "
        "with types inside types inside types, number " +
            std::to_string(i),
        9 - i);
  }
  const std::string text = SweepText({result});
  EXPECT_LE(LongestLine(text), 100U) << text;
  EXPECT_THAT(text, HasSubstr("VERY_LONG_TILE_NAME_19=1024"));
  EXPECT_THAT(text, HasSubstr("and 4 other reasons"));
}

TEST(SweepTextTest, ParagraphsAreApart) {
  const std::string text = SweepText({Example(), NothingPassed()});
  EXPECT_THAT(text, HasSubstr("\n\nhc_pre prefill"));
}

TEST(TimeBreakdownTest, SharesOfTheWallTime) {
  EXPECT_EQ(TimeBreakdown(Example().session),
            "compile 61 %, verify 12 %, measure 22 %, framework 5 % of 41.2 s");
}

TEST(TimeBreakdownTest, PartsBeyondTheWallTimeAreTheWholeAndZeroIsNoDivision) {
  Session session;
  EXPECT_EQ(TimeBreakdown(session), "nothing was timed");
  session.wall_s = 1;
  session.compile_s = 3;
  session.measure_s = 1;
  EXPECT_EQ(TimeBreakdown(session),
            "compile 75 %, verify 0 %, measure 25 %, framework 0 % of 4.0 s");
}

}  // namespace
}  // namespace tilesmith
