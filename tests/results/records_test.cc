#include "results/records.h"

#include <gtest/gtest.h>

#include <set>

namespace tilesmith {
namespace {

TEST(RecordsTest, StatusWordsAreReadBack) {
  std::set<std::string_view> words;
  for (const Status status : AllStatuses()) {
    words.insert(ToString(status));
    EXPECT_EQ(ParseStatus(ToString(status)), status);
  }
  EXPECT_EQ(words.size(), 10u);
  EXPECT_EQ(AllStatuses().front(), Status::kOk);
  EXPECT_EQ(AllStatuses().back(), Status::kNoisy);
  EXPECT_EQ(ToString(Status::kCompileFailed), "compile_failed");
  EXPECT_EQ(ParseStatus("OK"), std::nullopt);
  EXPECT_EQ(ParseStatus(""), std::nullopt);
}

TEST(RecordsTest, OnlyRightVariantsPassedTheGate) {
  std::set<Status> passed;
  for (const Status status : AllStatuses()) {
    if (PassedGate(status)) passed.insert(status);
  }
  EXPECT_EQ(passed, (std::set<Status>{Status::kOk, Status::kPruned, Status::kNoisy}));
}

TEST(RecordsTest, VerdictWordsAreReadBack) {
  for (const Verdict verdict :
       {Verdict::kWin, Verdict::kTie, Verdict::kLoss, Verdict::kUndecided, Verdict::kNone}) {
    EXPECT_EQ(ParseVerdict(ToString(verdict)), verdict);
  }
  EXPECT_EQ(ToString(Verdict::kUndecided), "undecided");
  EXPECT_EQ(ParseVerdict("victory"), std::nullopt);
}

TEST(RecordsTest, DuelFindsItsEntries) {
  Duel duel;
  EXPECT_EQ(duel.Default(), nullptr);
  duel.entries.resize(2);
  duel.entries[0].config = Config::Parse("A=1");
  duel.entries[0].role = "finalist";
  duel.entries[1].config = Config::Parse("A=2");
  duel.entries[1].role = "default";
  EXPECT_EQ(duel.Default(), &duel.entries[1]);
  EXPECT_EQ(duel.Find(Config::Parse("A=1")), &duel.entries[0]);
  EXPECT_EQ(duel.Find(Config::Parse("A=3")), nullptr);
}

}  // namespace
}  // namespace tilesmith
