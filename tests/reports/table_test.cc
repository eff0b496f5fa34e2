#include "reports/table.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace tilesmith {
namespace {

using I = std::int64_t;

Table Example() {
  return {{"config", "median_ns", "n", "ok"},
          {{"T_TILE=4,D_TILE=512", 1234.5678, I{7}, true},
           {"say \"µs\"", std::numeric_limits<double>::quiet_NaN(), Cell(), false}}};
}

TEST(ParseFormatTest, KnowsFourWords) {
  EXPECT_EQ(ParseFormat("table"), Format::kTable);
  EXPECT_EQ(ParseFormat("csv"), Format::kCsv);
  EXPECT_EQ(ParseFormat("json"), Format::kJson);
  EXPECT_EQ(ParseFormat("md"), Format::kMarkdown);
  EXPECT_EQ(ParseFormat("xml"), std::nullopt);
  EXPECT_EQ(ParseFormat(""), std::nullopt);
}

TEST(TableTest, TextAlignsNumbersRightAndCountsCharactersNotBytes) {
  EXPECT_EQ(Example().Render(Format::kTable),
            "config               median_ns  n  ok\n"
            "T_TILE=4,D_TILE=512       1235  7  yes\n"
            "say \"µs\"                   nan     no\n");
}

TEST(TableTest, TextKeepsRowsOnOneLineAndWithoutTrailingBlanks) {
  const Table table{{"a", "b"}, {{"two\nlines", Cell()}}};
  EXPECT_EQ(table.Render(Format::kTable), "a          b\ntwo lines\n");
}

TEST(TableTest, CsvQuotesWhatNeedsItAndKeepsPrecision) {
  EXPECT_EQ(Example().Render(Format::kCsv),
            "config,median_ns,n,ok\n"
            "\"T_TILE=4,D_TILE=512\",1234.5678,7,true\n"
            "\"say \"\"µs\"\"\",nan,,false\n");
}

TEST(TableTest, CsvKeepsLineBreaksInsideQuotes) {
  const Table table{{"a", "b"}, {{"x\r\ny", "z"}}};
  EXPECT_EQ(table.Render(Format::kCsv), "a,b\n\"x\r\ny\",z\n");
}

TEST(TableTest, CsvKeepsEmptyCellsInPlace) {
  const Table table{{"a", "b", "c"}, {{Cell(), Cell(), I{1}}}};
  EXPECT_EQ(table.Render(Format::kCsv), "a,b,c\n,,1\n");
  const Table narrow{{"a"}, {{Cell()}}};
  EXPECT_EQ(narrow.Render(Format::kCsv), "a\n\"\"\n");
}

TEST(TableTest, CsvNumbersReadBackExactly) {
  const double value = 0.1 + 0.2;
  const std::string csv = Table{{"x"}, {{value}}}.Render(Format::kCsv);
  EXPECT_EQ(std::stod(csv.substr(2)), value);
}

TEST(TableTest, JsonIsAnArrayOfObjectsInColumnOrder) {
  const std::string text = Example().Render(Format::kJson);
  const auto json = nlohmann::ordered_json::parse(text);
  ASSERT_EQ(json.size(), 2U);
  EXPECT_EQ(json[0].begin().key(), "config");
  EXPECT_EQ(json[0]["config"], "T_TILE=4,D_TILE=512");
  EXPECT_EQ(json[0]["median_ns"], 1234.5678);
  EXPECT_EQ(json[0]["n"], 7);
  EXPECT_EQ(json[0]["ok"], true);
  EXPECT_EQ(json[1]["config"], "say \"µs\"");
  EXPECT_TRUE(json[1]["median_ns"].is_null());
  EXPECT_TRUE(json[1]["n"].is_null());
  EXPECT_EQ(text.back(), '\n');
}

TEST(TableTest, JsonHasNoInfinity) {
  const Table table{{"x"}, {{std::numeric_limits<double>::infinity()}}};
  EXPECT_TRUE(nlohmann::json::parse(table.Render(Format::kJson))[0]["x"].is_null());
}

TEST(TableTest, JsonEscapesControlCharactersAndSurvivesBrokenUtf8) {
  const Table table{{"x"}, {{std::string("a\n\"\\\x01")}, {std::string("\xff")}}};
  const auto json = nlohmann::json::parse(table.Render(Format::kJson));
  EXPECT_EQ(json[0]["x"], "a\n\"\\\x01");
  EXPECT_EQ(json[1]["x"], "\xEF\xBF\xBD");  // U+FFFD, the replacement character
}

TEST(TableTest, JsonCellsAreEmbeddedAndBrokenOnesBecomeText) {
  const Table table{{"x"}, {{Json{R"({"T":8})"}}, {Json{"{oops"}}}};
  const auto json = nlohmann::json::parse(table.Render(Format::kJson));
  EXPECT_EQ(json[0]["x"]["T"], 8);
  EXPECT_EQ(json[1]["x"], "{oops");
  EXPECT_EQ(table.Render(Format::kTable), "x\n{\"T\":8}\n{oops\n");
}

TEST(TableTest, MarkdownEscapesPipesAndAlignsNumbers) {
  const Table table{{"a|b", "n"}, {{"x|y\nz", 2.0}}};
  EXPECT_EQ(table.Render(Format::kMarkdown), "| a\\|b | n |\n| --- | ---: |\n| x\\|y z | 2 |\n");
}

TEST(TableTest, NoRowsIsAHeaderOrAnEmptyArray) {
  const Table table{{"a", "b"}, {}};
  EXPECT_EQ(table.Render(Format::kTable), "a  b\n");
  EXPECT_EQ(table.Render(Format::kCsv), "a,b\n");
  EXPECT_EQ(table.Render(Format::kJson), "[]\n");
  EXPECT_EQ(table.Render(Format::kMarkdown), "| a | b |\n| --- | --- |\n");
}

TEST(TableDeathTest, RowsOfAnotherWidthAreABrokenInvariant) {
  const Table table{{"a", "b"}, {{Cell()}}};
  EXPECT_DEATH(table.Render(Format::kCsv), "columns");
}

TEST(HumanNumberTest, FourDigitsAndNoExponentForWholeNumbers) {
  EXPECT_EQ(HumanNumber(0), "0");
  EXPECT_EQ(HumanNumber(0.0123456), "0.01235");
  EXPECT_EQ(HumanNumber(1.5), "1.5");
  EXPECT_EQ(HumanNumber(-1234.56), "-1235");
  EXPECT_EQ(HumanNumber(9999.7), "10000");
  EXPECT_EQ(HumanNumber(123456.7), "123457");
  EXPECT_EQ(HumanNumber(1.25e20), "1.25e+20");
}

TEST(HumanTimeTest, PicksTheUnitOfTheRoundedValue) {
  EXPECT_EQ(HumanTime(0), "0 ns");
  EXPECT_EQ(HumanTime(0.5), "0.5 ns");
  EXPECT_EQ(HumanTime(912), "912 ns");
  EXPECT_EQ(HumanTime(912.34), "912.3 ns");
  EXPECT_EQ(HumanTime(999.94), "999.9 ns");
  EXPECT_EQ(HumanTime(999.96), "1 us");
  EXPECT_EQ(HumanTime(85200), "85.2 us");
  EXPECT_EQ(HumanTime(1.2344e6), "1.234 ms");
  EXPECT_EQ(HumanTime(12.5e9), "12.5 s");
  EXPECT_EQ(HumanTime(123456e9), "123456 s");
  EXPECT_EQ(HumanTime(-1500), "-1.5 us");
  EXPECT_EQ(HumanTime(std::nan("")), "nan ns");
}

}  // namespace
}  // namespace tilesmith
