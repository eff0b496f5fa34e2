#include "tuner/command/options.h"

#include <cstdlib>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <CLI/CLI.hpp>

#include "results/error.h"

namespace tilesmith {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string ErrorOf(const std::function<void()>& action) {
  try {
    action();
  } catch (const UserError& error) {
    return error.what();
  }
  return "no error";
}

TEST(VariableOf, IsThePrefixedFlag) {
  EXPECT_EQ(VariableOf("--db"), "TILESMITH_DB");
  EXPECT_EQ(VariableOf("--time-limit"), "TILESMITH_TIME_LIMIT");
  EXPECT_EQ(VariableOf("compile-limit"), "TILESMITH_COMPILE_LIMIT");
}

class Environment : public testing::Test {
 protected:
  Environment() {
    app_.add_option("--some-number", number_);
    app_.add_flag("--some-switch", on_);
    MirrorInEnvironment(app_);
  }
  ~Environment() override {
    unsetenv("TILESMITH_SOME_NUMBER");
    unsetenv("TILESMITH_SOME_SWITCH");
  }
  static void Set(const char* name, const char* value) { setenv(name, value, 1); }
  void Parse(std::vector<std::string> reversed) { app_.parse(std::move(reversed)); }

  CLI::App app_;
  int number_ = 1;
  bool on_ = false;
};

TEST_F(Environment, DefaultWithoutEither) {
  Parse({});
  EXPECT_EQ(number_, 1);
  EXPECT_FALSE(on_);
}

TEST_F(Environment, VariableBeatsDefault) {
  Set("TILESMITH_SOME_NUMBER", "2");
  Set("TILESMITH_SOME_SWITCH", "1");
  Parse({});
  EXPECT_EQ(number_, 2);
  EXPECT_TRUE(on_);
}

TEST_F(Environment, FlagBeatsVariable) {
  Set("TILESMITH_SOME_NUMBER", "2");
  Set("TILESMITH_SOME_SWITCH", "true");
  Parse({"--some-switch=false", "3", "--some-number"});
  EXPECT_EQ(number_, 3);
  EXPECT_FALSE(on_);
}

TEST_F(Environment, EmptyVariableIsUnset) {
  Set("TILESMITH_SOME_NUMBER", "");
  Set("TILESMITH_SOME_SWITCH", "");
  Parse({});
  EXPECT_EQ(number_, 1);
  EXPECT_FALSE(on_);
}

TEST_F(Environment, NonsenseIsAnError) {
  Set("TILESMITH_SOME_NUMBER", "many");
  EXPECT_THROW(Parse({}), CLI::ParseError);
}

TEST(Between, AcceptsOnlyWhatLiesBetween) {
  CLI::App app;
  double value = 0;
  app.add_option("--seconds", value)->check(Between(0.5, 10, "seconds"));
  const auto parse = [&](const char* text) {
    app.parse(std::vector<std::string>{text, "--seconds"});
  };
  for (const char* text : {"0.5", "10", "3"}) EXPECT_NO_THROW(parse(text)) << text;
  for (const char* text : {"0.4", "11", "nan", "-1", "soon", "inf", ""}) {
    EXPECT_THROW(parse(text), CLI::ParseError) << text;
  }
}

TEST(ReadFormat, KnowsItsForms) {
  EXPECT_EQ(ReadFormat("table"), Format::kTable);
  EXPECT_EQ(ReadFormat("csv"), Format::kCsv);
  EXPECT_EQ(ReadFormat("json"), Format::kJson);
  EXPECT_EQ(ReadFormat("md"), Format::kMarkdown);
  EXPECT_THAT(ErrorOf([] { ReadFormat("jsn"); }), HasSubstr("did you mean 'json'?"));
}

TEST(SplitArguments, AtBlanks) {
  EXPECT_THAT(SplitArguments(""), IsEmpty());
  EXPECT_THAT(SplitArguments("  \t "), IsEmpty());
  EXPECT_THAT(SplitArguments("-O2"), ElementsAre("-O2"));
  EXPECT_THAT(SplitArguments("  -O2   -g "), ElementsAre("-O2", "-g"));
}

TEST(SplitArguments, NotInsideQuotes) {
  EXPECT_THAT(SplitArguments("-DA='b c' -g"), ElementsAre("-DA=b c", "-g"));
  EXPECT_THAT(SplitArguments("\"a 'b' c\""), ElementsAre("a 'b' c"));
  EXPECT_THAT(SplitArguments("'' a"), ElementsAre("", "a"));
  EXPECT_THAT(SplitArguments("a\\ b '\\'"), ElementsAre("a b", "\\"));
}

TEST(SplitArguments, NothingIsExpanded) {
  EXPECT_THAT(SplitArguments("$(rm) `x` $HOME;*"), ElementsAre("$(rm)", "`x`", "$HOME;*"));
}

TEST(SplitArguments, OpenQuoteIsAnError) {
  EXPECT_THAT(ErrorOf([] { SplitArguments("-DA='b"); }), HasSubstr("not closed"));
}

TEST(ReadLimitFlags, AreBytesAndSeconds) {
  LimitFlags flags;
  flags.call_s = 100;
  flags.memory_mib = 3;
  const Limits limits = ReadLimitFlags(flags);
  EXPECT_EQ(limits.memory_bytes, 3u << 20);
  EXPECT_EQ(limits.call_s, 100);
  EXPECT_GE(limits.total_s, limits.call_s);
}

}  // namespace
}  // namespace tilesmith
