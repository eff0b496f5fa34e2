#include "tuner/command/sweep_flags.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/error.h"

namespace tilesmith {
namespace {

using testing::HasSubstr;

TEST(ReadBudget, AllIsTheWholeSpace) {
  const Budget budget = ReadBudget("all");
  EXPECT_FALSE(budget.configs.has_value());
  EXPECT_FALSE(budget.seconds.has_value());
}

TEST(ReadBudget, ConfigsAndTime) {
  EXPECT_EQ(ReadBudget("200").configs, 200u);
  EXPECT_EQ(ReadBudget("60s").seconds, 60.0);
  const Budget both = ReadBudget("20,5m");
  EXPECT_EQ(both.configs, 20u);
  EXPECT_EQ(both.seconds, 300.0);
}

TEST(ReadBudget, OfNothingIsAnError) {
  for (const char* text : {"", "0", "0s", "0,10s", "10,0s"}) {
    try {
      ReadBudget(text);
      FAIL() << "accepted '" << text << "'";
    } catch (const UserError& error) {
      EXPECT_THAT(error.what(), HasSubstr("allows nothing"));
    }
  }
}

TEST(ReadBudget, NonsenseIsAnError) {
  for (const char* text : {"many", "-1", "5x", "s", "nan", "nans", "10,10"}) {
    EXPECT_THROW(ReadBudget(text), UserError) << text;
  }
}

TEST(ReadSweepFlags, CarriesEverything) {
  SweepFlags flags;
  flags.strategy = "random";
  flags.budget = "7";
  flags.seed = 5;
  flags.threads = 3;
  flags.fresh = true;
  flags.limits.call_s = 2;
  const SweepOptions options = ReadSweepFlags(flags, "tilesmith sweep x");
  EXPECT_EQ(options.strategy, "random");
  EXPECT_EQ(options.budget.configs, 7u);
  EXPECT_EQ(options.seed, 5u);
  EXPECT_EQ(options.threads, 3);
  EXPECT_TRUE(options.fresh);
  EXPECT_EQ(options.gate.limits.call_s, 2);
  EXPECT_EQ(options.command, "tilesmith sweep x");
}

TEST(ReadSweepFlags, UnknownStrategyIsAnsweredWithTheNearest) {
  SweepFlags flags;
  flags.strategy = "exaustive";
  try {
    ReadSweepFlags(flags, "");
    FAIL();
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("did you mean 'exhaustive'?"));
  }
}

}  // namespace
}  // namespace tilesmith
