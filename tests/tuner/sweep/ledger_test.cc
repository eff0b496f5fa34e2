#include "tuner/sweep/ledger.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tilesmith {
namespace {

using testing::ElementsAre;
using testing::Pair;

Trial Make(const std::string& config, Status status, double log_ratio = 0,
           const std::string& code = "") {
  Trial trial;
  trial.config = Config::Parse(config);
  trial.status = status;
  trial.log_ratio = log_ratio;
  trial.code_hash = code;
  return trial;
}

std::string Pivot(const Ledger& ledger) {
  return ledger.pivot() ? ledger.pivot()->ToString() : "none";
}

TEST(LedgerTest, TellsStoredFromEntered) {
  Ledger ledger({Make("A=1", Status::kOk)});
  const Config one = Config::Parse("A=1"), two = Config::Parse("A=2");
  EXPECT_NE(ledger.Stored(one), nullptr);
  EXPECT_EQ(ledger.Stored(two), nullptr);
  EXPECT_EQ(ledger.Find(one), nullptr);
  EXPECT_EQ(ledger.size(), 0u);
  EXPECT_EQ(Pivot(ledger), "none");
  ledger.Enter(Make("A=2", Status::kWrong));
  EXPECT_NE(ledger.Find(two), nullptr);
  EXPECT_EQ(ledger.size(), 1u);
}

TEST(LedgerTest, ThePivotIsTheFirstThatIsRightAndStays) {
  Ledger ledger({});
  ledger.Enter(Make("A=2", Status::kWrong, -3));
  EXPECT_EQ(Pivot(ledger), "none");
  ledger.Enter(Make("A=1", Status::kOk, 0));
  EXPECT_EQ(Pivot(ledger), "A=1");
  ledger.Enter(Make("A=5", Status::kOk, -0.5));
  EXPECT_EQ(Pivot(ledger), "A=1");
}

TEST(LedgerTest, ADisqualifiedPivotIsNone) {
  Ledger ledger({});
  ledger.Enter(Make("A=1", Status::kOk, 0));
  ledger.Enter(Make("A=1", Status::kCrashed, 0));
  EXPECT_EQ(Pivot(ledger), "none");
  EXPECT_EQ(ledger.size(), 1u);
}

TEST(LedgerTest, KnowsMachineCodeThatWasTimed) {
  Ledger ledger({Make("A=9", Status::kOk, 0, "stored")});
  ledger.Enter(Make("A=1", Status::kOk, 0, "one"));
  ledger.Enter(Make("A=2", Status::kPruned, 0.4, "two"));
  ledger.Enter(Make("A=3", Status::kOk));
  ASSERT_NE(ledger.WithCode("one"), nullptr);
  EXPECT_EQ(ledger.WithCode("one")->config.ToString(), "A=1");
  EXPECT_EQ(ledger.WithCode("two"), nullptr);  // dropped half-way
  EXPECT_EQ(ledger.WithCode(""), nullptr);
  EXPECT_EQ(ledger.WithCode("stored"), nullptr);  // not of this sweep yet
  ledger.Enter(Make("A=1", Status::kWrong, 0, "one"));
  EXPECT_EQ(ledger.WithCode("one"), nullptr);
}

TEST(LedgerTest, AddsUpWhatTrialsCost) {
  Ledger ledger({});
  Trial trial = Make("A=1", Status::kOk);
  trial.compile_ms = 500;
  trial.verify_ms = 250;
  trial.measure_ms = 125;
  ledger.Enter(trial);
  EXPECT_DOUBLE_EQ(ledger.spent_s(), 0.875);
  trial.compile_ms = 0;
  ledger.Enter(trial);  // again: only once
  EXPECT_DOUBLE_EQ(ledger.spent_s(), 0.375);
}

TEST(LedgerTest, CountsStatusesAndReasons) {
  Ledger ledger({});
  ledger.Enter(Make("A=1", Status::kOk));
  Trial crash = Make("A=2", Status::kCrashed);
  crash.stage = "ragged";
  crash.message = "signal 11";
  ledger.Enter(crash);
  for (const char* config : {"A=3", "A=4"}) {
    Trial wrong = Make(config, Status::kWrong);
    wrong.stage = "tiles";
    wrong.message = "y[0] is off";
    ledger.Enter(wrong);
  }
  EXPECT_THAT(ledger.Counts(), ElementsAre(Pair(Status::kOk, 1), Pair(Status::kCrashed, 1),
                                           Pair(Status::kWrong, 2)));
  EXPECT_THAT(ledger.Rejections(), ElementsAre(Pair("wrong (tiles), e.g. A=3: y[0] is off", 2),
                                               Pair("crashed (ragged), e.g. A=2: signal 11", 1)));
}

}  // namespace
}  // namespace tilesmith
