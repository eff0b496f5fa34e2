#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/error.h"
#include "tuner/sweep/sweep.h"

namespace tilesmith {
namespace {

using testing::HasSubstr;

TEST(BudgetTest, ReadsConfigsTimeOrBoth) {
  EXPECT_EQ(Budget::Parse("200").configs, 200u);
  EXPECT_EQ(Budget::Parse("200").seconds, std::nullopt);
  EXPECT_EQ(Budget::Parse("60s").seconds, 60);
  EXPECT_EQ(Budget::Parse("60s").configs, std::nullopt);
  EXPECT_EQ(Budget::Parse("0.5s").seconds, 0.5);
  EXPECT_EQ(Budget::Parse("5m").seconds, 300);
  EXPECT_EQ(Budget::Parse("5 min").seconds, 300);
  EXPECT_EQ(Budget::Parse("2h").seconds, 7200);
  for (const char* both : {"200,60s", "60s, 200", " 200 , 1m "}) {
    EXPECT_EQ(Budget::Parse(both).configs, 200u) << both;
    EXPECT_EQ(Budget::Parse(both).seconds, 60) << both;
  }
}

TEST(BudgetTest, RefusesEverythingElse) {
  for (const char* text : {"", " ", "many", "-5", "-5s", "1.5", "10,20", "10s,1m", "200,", ",200",
                           "60sec", "60 days", "nan", "inf", "1e300s", "0x10"}) {
    EXPECT_THAT([&] { Budget::Parse(text); },
                testing::ThrowsMessage<UserError>(HasSubstr("write 200, 60s, 5m, or both")))
        << text;
  }
}

TEST(BudgetTest, PrintsWhatItReads) {
  for (const char* text : {"200", "60s", "200,60s", "0.5s"}) {
    EXPECT_EQ(Budget::Parse(text).ToString(), text);
  }
  EXPECT_EQ(Budget().ToString(), "whole space");
}

}  // namespace
}  // namespace tilesmith
