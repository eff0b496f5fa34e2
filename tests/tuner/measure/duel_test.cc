#include "tuner/measure/duel.h"

#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tilesmith {
namespace {

using ::testing::HasSubstr;

Contestant Named(const std::string& config, const std::string& role, std::int64_t working_set = 1) {
  return {.config = Config::Parse(config), .role = role, .working_set = working_set};
}

// Default, incumbent and two finalists.
std::vector<Contestant> Four() {
  return {Named("T=1", "default", 1), Named("T=2", "incumbent", 20), Named("T=3", "finalist", 9),
          Named("T=4", "finalist", 8)};
}

// Runs to the end with the given times; ripple shakes contestant i by ± ripple·i in turn, which
// widens the intervals without moving the medians much.
Duel RunDuel(const std::vector<Contestant>& contestants, const std::vector<double>& ns,
             double ripple = 0.0005, DuelOptions options = {}) {
  DuelReferee referee(contestants, options);
  while (!referee.Over()) {
    std::vector<double> round = ns;
    for (std::size_t i = 0; i < round.size(); ++i) {
      const double sign = referee.rounds() % 2 == 0 ? 1 : -1;
      round[i] *= 1 + sign * ripple * static_cast<double>(i);
    }
    referee.AddRound(round);
  }
  return referee.Result();
}

TEST(Duel, ClearWinner) {
  const Duel duel = RunDuel(Four(), {1000, 990, 800, 1300});
  EXPECT_EQ(duel.verdict, Verdict::kWin);
  EXPECT_EQ(duel.chosen.ToString(), "T=3");
  EXPECT_NEAR(duel.entries[2].speedup, 1.25, 0.01);
  EXPECT_LT(duel.entries[2].ci_low, 1.25);
  EXPECT_GT(duel.entries[2].ci_high, 1.25);
  EXPECT_EQ(duel.entries[3].verdict, Verdict::kLoss);
  EXPECT_THAT(duel.reason, HasSubstr("T=3 at 1.25"));
}

TEST(Duel, KeepsWhatWasMeasured) {
  const Duel duel = RunDuel(Four(), {1000, 990, 800, 1300}, 0, {.seed = 77});
  EXPECT_EQ(duel.seed, 77u);
  EXPECT_EQ(duel.rounds, 12);
  ASSERT_EQ(duel.entries.size(), 4u);
  EXPECT_EQ(duel.entries[0].speedup, 1);
  EXPECT_EQ(duel.entries[0].verdict, Verdict::kNone);
  EXPECT_EQ(duel.entries[1].role, "incumbent");
  EXPECT_EQ(duel.entries[1].median_ns, 990);
  EXPECT_EQ(duel.entries[1].samples_ns, std::vector<float>(12, 990));
}

TEST(Duel, AmongEqualWinnersTheIncumbentStays) {
  const Duel duel = RunDuel(Four(), {1000, 801, 800, 802});
  EXPECT_EQ(duel.chosen.ToString(), "T=2");
  EXPECT_EQ(duel.verdict, Verdict::kWin);
  EXPECT_THAT(duel.reason,
              HasSubstr("of 3 winners that cannot be told apart: it is the incumbent"));
}

TEST(Duel, AnIncumbentThatLosesToTheBestGoes) {
  EXPECT_EQ(RunDuel(Four(), {1000, 900, 800, 1000}).chosen.ToString(), "T=3");
}

TEST(Duel, ThenTheSmallestWorkingSet) {
  const Duel duel = RunDuel(Four(), {1000, 1200, 800, 802});
  EXPECT_EQ(duel.chosen.ToString(), "T=4");
  EXPECT_THAT(duel.reason, HasSubstr("smallest working set"));
}

TEST(Duel, ThenTheName) {
  const std::vector<Contestant> contestants = {Named("T=1", "default"), Named("T=9", "finalist", 4),
                                               Named("T=3", "finalist", 4)};
  EXPECT_EQ(RunDuel(contestants, {1000, 800, 801}).chosen.ToString(), "T=3");
}

// Noise of 5 % between two winners 2 % apart: not told apart within 60 rounds, so not a loss.
TEST(Duel, WinnersTooNoisyToRankAreEquals) {
  const Duel duel = RunDuel(Four(), {1000, 612, 600, 900}, 0.05);
  EXPECT_EQ(duel.rounds, 60);
  EXPECT_EQ(duel.chosen.ToString(), "T=2");
}

TEST(Duel, TieKeepsTheIncumbent) {
  const Duel duel = RunDuel(Four(), {1000, 1001, 999, 1002});
  EXPECT_EQ(duel.verdict, Verdict::kTie);
  EXPECT_EQ(duel.chosen.ToString(), "T=2");
  EXPECT_THAT(duel.reason, HasSubstr("the incumbent stays"));
}

TEST(Duel, LosersLeaveTheDefault) {
  const Duel duel = RunDuel(Four(), {1000, 1100, 1200, 1300});
  EXPECT_EQ(duel.verdict, Verdict::kTie);
  EXPECT_EQ(duel.chosen.ToString(), "T=1");
  EXPECT_THAT(duel.reason, HasSubstr("the default stays"));
}

TEST(Duel, UndecidedSaysHowManyRoundsItWouldTake) {
  const Duel duel = RunDuel({Named("T=1", "default"), Named("T=2", "finalist")}, {1000, 985}, 0.06);
  EXPECT_EQ(duel.verdict, Verdict::kUndecided);
  EXPECT_EQ(duel.rounds, 60);
  EXPECT_EQ(duel.chosen.ToString(), "T=1");
  EXPECT_THAT(duel.reason, HasSubstr("T=2 at 1.0"));
  EXPECT_THAT(duel.reason, ::testing::ContainsRegex("about [0-9]+ would settle it"));
  EXPECT_EQ(duel.reason.find('\n'), std::string::npos);
}

// Slower by some 1.5 %, but not surely: neither a loss nor a chance to win.
TEST(Duel, UndecidedWithoutHopeIsATie) {
  const Duel duel =
      RunDuel({Named("T=1", "default"), Named("T=2", "finalist")}, {1000, 1025}, 0.03);
  EXPECT_EQ(duel.entries[1].verdict, Verdict::kUndecided);
  EXPECT_LT(duel.entries[1].ci_high, 1.01);
  EXPECT_EQ(duel.verdict, Verdict::kTie);
}

// The second finalist is as fast as the default, which 6 % of noise would hide for ever; but it
// surely loses to the first, so nothing depends on it.
TEST(Duel, DoesNotWaitForLosersOfTheBest) {
  const std::vector<Contestant> contestants = {Named("T=1", "default"), Named("T=2", "finalist"),
                                               Named("T=3", "finalist")};
  const Duel duel = RunDuel(contestants, {1000, 600, 1000}, 0.03);
  EXPECT_EQ(duel.entries[2].verdict, Verdict::kUndecided);
  EXPECT_EQ(duel.rounds, 12);
  EXPECT_EQ(duel.verdict, Verdict::kWin);
}

TEST(Duel, DefaultAlone) {
  const Duel duel = RunDuel({Named("T=1", "default")}, {1000});
  EXPECT_EQ(duel.verdict, Verdict::kNone);
  EXPECT_EQ(duel.chosen.ToString(), "T=1");
  EXPECT_EQ(duel.rounds, 12);
  EXPECT_EQ(duel.entries[0].median_ns, 1000);
}

TEST(DuelReferee, StopsOnlyAtLooks) {
  DuelReferee referee({Named("T=1", "default"), Named("T=2", "finalist")}, {});
  std::vector<int> looks;
  while (!referee.Over()) {
    const int wait = referee.RoundsToNextLook();
    ASSERT_GT(wait, 0);
    for (int i = 0; i < wait; ++i) {
      EXPECT_FALSE(referee.Over());
      EXPECT_EQ(referee.RoundsToNextLook(), wait - i);
      // Never settled: half the rounds say faster, half slower.
      referee.AddRound(referee.rounds() % 2 == 0 ? std::vector<double>{100, 120}
                                                 : std::vector<double>{120, 100});
    }
    looks.push_back(referee.rounds());
  }
  EXPECT_EQ(looks, (std::vector<int>{12, 28, 44, 60}));
  EXPECT_EQ(referee.RoundsToNextLook(), 0);
}

TEST(DuelReferee, SharesTheConfidence) {
  // 0.05 over 3 comparisons at 4 looks.
  EXPECT_NEAR(DuelReferee(Four(), {}).CorrectedConfidence(), 1 - 0.05 / 12, 1e-12);
  EXPECT_NEAR(DuelReferee(Four(), {.looks = 1}).CorrectedConfidence(), 1 - 0.05 / 3, 1e-12);
  // Looks that fall together count once: 12, 13.
  EXPECT_NEAR(DuelReferee(Four(), {.max_rounds = 13, .looks = 4}).CorrectedConfidence(),
              1 - 0.05 / 6, 1e-12);
}

TEST(DuelReferee, OneLookIsAtTheEnd) {
  EXPECT_EQ(DuelReferee(Four(), {.max_rounds = 20, .looks = 1}).RoundsToNextLook(), 20);
}

TEST(DuelReferee, CutShortItJudgesOnlyUpToTheLastLook) {
  DuelReferee referee({Named("T=1", "default"), Named("T=2", "finalist")}, {});
  for (int i = 0; i < 11; ++i) referee.AddRound({1000, 500});
  const Duel before = referee.Result();
  EXPECT_EQ(before.verdict, Verdict::kUndecided);
  EXPECT_EQ(before.entries[1].ci_high, std::numeric_limits<double>::infinity());
  EXPECT_EQ(before.chosen.ToString(), "T=1");
  EXPECT_EQ(before.entries[1].samples_ns.size(), 11u);
  referee.AddRound({1000, 500});
  EXPECT_EQ(referee.Result().verdict, Verdict::kWin);
}

TEST(DuelRefereeDeathTest, RefusesWhatIsNoRound) {
  DuelReferee referee(Four(), {});
  EXPECT_DEATH(referee.AddRound({1, 2, 3}), "size");
  EXPECT_DEATH(referee.AddRound({1, 2, 3, 0}), "sample > 0");
  EXPECT_DEATH(referee.AddRound({1, 2, 3, std::numeric_limits<double>::quiet_NaN()}), "sample > 0");
  EXPECT_DEATH(DuelReferee({Named("T=2", "finalist")}, {}), "default");
  EXPECT_DEATH(DuelReferee(Four(), {.min_rounds = 61}), "min_rounds");
}

}  // namespace
}  // namespace tilesmith
