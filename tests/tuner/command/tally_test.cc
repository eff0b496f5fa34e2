#include "tuner/command/tally.h"

#include <limits>

#include <gtest/gtest.h>

namespace tilesmith {
namespace {

Trial Done(const char* config, Status status, double log_ratio) {
  Trial trial;
  trial.config = Config::Parse(config);
  trial.status = status;
  trial.log_ratio = log_ratio;
  return trial;
}

Tally Make(std::uint64_t size, const Budget& budget = {}) {
  return Tally("hc_post", {"decode", {}}, size, budget, 100);
}

TEST(Tally, TotalIsTheSmallerOfSpaceAndBudget) {
  EXPECT_EQ(Make(25).total(), 25u);
  EXPECT_EQ(Make(25, {10, {}}).total(), 10u);
  EXPECT_EQ(Make(25, {200, {}}).total(), 25u);
}

TEST(Tally, EstimatesFromConfigsRunNowOnly) {
  Tally tally = Make(10);
  for (int i = 0; i < 5; ++i) tally.Add(Done("T=1", Status::kOk, 0), false);
  EXPECT_FALSE(tally.SecondsLeft(101).has_value());
  tally.Add(Done("T=2", Status::kOk, 0), true);
  // One config in 6 s, 4 to go.
  EXPECT_DOUBLE_EQ(tally.SecondsLeft(106).value(), 24);
}

TEST(Tally, EstimateNeverExceedsTheBudget) {
  Tally tally = Make(1000, {{}, 60.0});
  tally.Add(Done("T=2", Status::kOk, 0), true);
  EXPECT_DOUBLE_EQ(tally.SecondsLeft(110).value(), 50);
  EXPECT_DOUBLE_EQ(tally.SecondsLeft(170).value(), 0);
}

TEST(Tally, MoreConfigsThanExpectedLeaveNothingToDo) {
  Tally tally = Make(1);
  for (int i = 0; i < 3; ++i) tally.Add(Done("T=2", Status::kOk, 0), true);
  EXPECT_DOUBLE_EQ(tally.SecondsLeft(110).value(), 0);
}

TEST(Tally, BestIsTheFastestThatPassed) {
  Tally tally = Make(10);
  EXPECT_EQ(tally.BestText(), "");
  EXPECT_FALSE(tally.Add(Done("T=9", Status::kWrong, -5), true));
  EXPECT_FALSE(tally.Add(Done("T=8", Status::kOk, std::numeric_limits<double>::quiet_NaN()), true));
  EXPECT_TRUE(tally.Add(Done("T=1", Status::kOk, 0), true));
  EXPECT_FALSE(tally.Add(Done("T=2", Status::kPruned, 0.2), true));
  EXPECT_TRUE(tally.Add(Done("T=4", Status::kNoisy, -0.182321557), true));
  EXPECT_EQ(tally.BestText(), "best 1.20x T=4");
}

TEST(Tally, CountsFailuresByKind) {
  Tally tally = Make(10);
  EXPECT_EQ(tally.FailureText(), "");
  tally.Add(Done("T=1", Status::kCrashed, 0), true);
  tally.Add(Done("T=2", Status::kCompileFailed, 0), true);
  tally.Add(Done("T=3", Status::kCrashed, 0), false);
  tally.Add(Done("T=4", Status::kPruned, 0), true);
  EXPECT_EQ(tally.FailureText(), "failed: 1 compile_failed, 2 crashed");
  EXPECT_EQ(tally.done(), 4u);
}

TEST(HumanSeconds, GrowsItsUnits) {
  EXPECT_EQ(HumanSeconds(-1), "0 s");
  EXPECT_EQ(HumanSeconds(0.4), "0 s");
  EXPECT_EQ(HumanSeconds(59.4), "59 s");
  EXPECT_EQ(HumanSeconds(59.6), "1 min 00 s");
  EXPECT_EQ(HumanSeconds(200), "3 min 20 s");
  EXPECT_EQ(HumanSeconds(3900), "1 h 05 min");
}

}  // namespace
}  // namespace tilesmith
