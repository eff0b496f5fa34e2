#include "tuner/sweep/final.h"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tuner/sweep/sweep_kernel.h"
#include "tuner/measure/meter.h"

namespace tilesmith {
namespace {

using namespace testing_sweep;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Trial Make(const std::string& config, Status status, double log_ratio, const std::string& code) {
  Trial trial;
  trial.config = Config::Parse(config);
  trial.status = status;
  trial.log_ratio = log_ratio;
  trial.code_hash = code;
  return trial;
}

std::vector<std::string> Choose(const std::vector<Trial>& trials, const std::string& base,
                                const std::string& incumbent, int finalists) {
  std::vector<std::string> names;
  for (const Contestant& contestant :
       ChooseContestants(trials, Config::Parse(base),
                         incumbent.empty() ? Config() : Config::Parse(incumbent), finalists)) {
    names.push_back(contestant.config.ToString() + " " + contestant.role);
  }
  return names;
}

std::vector<Trial> Field() {
  return {Make("A=1", Status::kOk, 0, "one"),      Make("A=2", Status::kOk, -0.3, "two"),
          Make("A=3", Status::kOk, -0.5, "three"), Make("A=4", Status::kOk, -0.1, "four"),
          Make("A=5", Status::kWrong, -9, "five"), Make("A=6", Status::kPruned, -8, "six")};
}

// --- who meets whom ---

TEST(ChooseContestantsTest, TheDefaultComesFirstAndThenTheFastest) {
  EXPECT_THAT(Choose(Field(), "A=1", "", 2),
              ElementsAre("A=1 default", "A=3 finalist", "A=2 finalist"));
  EXPECT_THAT(Choose(Field(), "A=1", "", 0), ElementsAre("A=1 default"));
  EXPECT_EQ(Choose(Field(), "A=1", "", 99).size(), 4u);  // no more than are right
}

TEST(ChooseContestantsTest, WithoutARightDefaultThereIsNoFinal) {
  EXPECT_THAT(Choose(Field(), "A=5", "", 3), IsEmpty());
  EXPECT_THAT(Choose(Field(), "A=7", "", 3), IsEmpty());
}

TEST(ChooseContestantsTest, TheIncumbentDefendsItsSeatHoweverSlow) {
  EXPECT_THAT(Choose(Field(), "A=1", "A=4", 1),
              ElementsAre("A=1 default", "A=4 incumbent", "A=3 finalist"));
  EXPECT_THAT(Choose(Field(), "A=1", "A=6", 1),
              ElementsAre("A=1 default", "A=6 incumbent", "A=3 finalist"));
  EXPECT_THAT(Choose(Field(), "A=1", "A=1", 1), ElementsAre("A=1 default", "A=3 finalist"));
  EXPECT_THAT(Choose(Field(), "A=1", "A=5", 1),
              ElementsAre("A=1 default", "A=3 finalist"));  // wrong
}

TEST(ChooseContestantsTest, ASeatedConfigUsesUpAFinalistsSeat) {
  EXPECT_THAT(Choose(Field(), "A=3", "A=2", 2), ElementsAre("A=3 default", "A=2 incumbent"));
}

TEST(ChooseContestantsTest, TheSameMachineCodeAppearsOnce) {
  std::vector<Trial> field = Field();
  field.push_back(Make("A=7", Status::kOk, -0.5, "three"));
  field.push_back(Make("A=8", Status::kOk, -2, "one"));  // the default's code
  EXPECT_THAT(Choose(field, "A=1", "", 2),
              ElementsAre("A=1 default", "A=3 finalist", "A=2 finalist"));
  EXPECT_THAT(Choose(field, "A=1", "A=8", 1), ElementsAre("A=1 default", "A=3 finalist"));
}

TEST(ChooseContestantsTest, OfEqualsTheSmallerWorkingSetComesFirst) {
  const std::vector<Trial> field = {Make("A=1,B=1", Status::kOk, 0, "a"),
                                    Make("A=2,B=8", Status::kOk, -0.5, "b"),
                                    Make("A=3,B=2", Status::kOk, -0.5, "c")};
  EXPECT_THAT(Choose(field, "A=1,B=1", "", 1), ElementsAre("A=1,B=1 default", "A=3,B=2 finalist"));
}

// --- whether a stored duel will do ---

TEST(AnswersTest, SameContestantsAndSameStrictness) {
  DuelOptions options;
  Duel duel;
  duel.confidence = options.confidence;
  duel.tie_band = options.tie_band;
  duel.entries.resize(2);
  duel.entries[0].config = Config::Parse("A=2");
  duel.entries[1].config = Config::Parse("A=1");
  const std::vector<Contestant> same = {{Config::Parse("A=1"), "default", 1},
                                        {Config::Parse("A=2"), "finalist", 2}};
  EXPECT_TRUE(Answers(duel, same, options));
  EXPECT_FALSE(Answers(duel, {same[0]}, options));
  EXPECT_FALSE(Answers(duel, {same[0], {Config::Parse("A=3"), "finalist", 3}}, options));
  options.confidence = 0.99;
  EXPECT_FALSE(Answers(duel, same, options));
  options = {};
  options.tie_band = 0.02;
  EXPECT_FALSE(Answers(duel, same, options));
}

// --- the duel, with variants that fail late ---

class RunFinalTest : public testing::Test {
 protected:
  RunFinalTest() : shop_("final_test"), kernel_(MakeKernel(shop_.folder, "adder")) {
    WarmUpMeter();
    const auto problem = std::make_shared<Case>(MakeInputs(kernel_, {"real", {{"N", 2000}}}, 1));
    ComputeGolden(kernel_, *problem, {});
    bench_ = std::make_unique<Workbench>(kernel_, problem, 0);
  }

  FinalResult Run(const std::vector<std::string>& configs) {
    std::vector<Contestant> contestants;
    for (const std::string& config : configs) {
      contestants.push_back(
          {Config::Parse(config), contestants.empty() ? "default" : "finalist", 1});
    }
    SweepOptions options = QuickOptions();
    options.gate.threads = 1;
    return RunFinal(*bench_, contestants, shop_.compiler, options.duel, options.gate, Pinning(1),
                    [&](std::string_view phase) { phases_.emplace_back(phase); });
  }

  static std::vector<std::string> Entries(const FinalResult& result) {
    std::vector<std::string> names;
    for (const DuelEntry& entry : result.duel.entries) names.push_back(entry.config.ToString());
    return names;
  }

  Shop shop_;
  KernelSpec kernel_;
  std::unique_ptr<Workbench> bench_;
  std::vector<std::string> phases_;
};

const char* const kDefault = "BLOCK=16,ADD=1,CALLS=0,DEFECT=0";
const char* const kSane = "BLOCK=32,ADD=1,CALLS=0,DEFECT=0";
const char* const kTurnsWrong = "BLOCK=48,ADD=1,CALLS=3,DEFECT=1";
const char* const kAborts = "BLOCK=8,ADD=1,CALLS=3,DEFECT=2";
const char* const kAbortsAtOnce = "BLOCK=24,ADD=1,CALLS=1,DEFECT=2";

TEST_F(RunFinalTest, TimesAllInEveryRound) {
  const FinalResult result = Run({kDefault, kSane});
  EXPECT_THAT(result.disqualified, IsEmpty());
  EXPECT_THAT(Entries(result), ElementsAre(kDefault, kSane));
  EXPECT_EQ(result.duel.rounds, 4);
  for (const DuelEntry& entry : result.duel.entries) {
    ASSERT_EQ(entry.samples_ns.size(), 4u);
    for (const float ns : entry.samples_ns) EXPECT_GT(ns, 0);
  }
  EXPECT_THAT(phases_, ElementsAre("duel of 2: round 0 of at most 4"));
}

TEST_F(RunFinalTest, DisqualifiesWhoeverFailsAndBeginsAgain) {
  const FinalResult result = Run({kDefault, kTurnsWrong, kAborts, kAbortsAtOnce, kSane});
  EXPECT_THAT(Entries(result), ElementsAre(kDefault, kSane));
  std::map<std::string, GateReport> out;
  for (const Disqualified& one : result.disqualified) out[one.config.ToString()] = one.report;
  ASSERT_EQ(out.size(), 3u);
  EXPECT_EQ(out[kTurnsWrong].status, Status::kWrong);
  EXPECT_EQ(out[kTurnsWrong].stage, "recheck");
  EXPECT_THAT(out[kTurnsWrong].message, HasSubstr("wrong after it: y[0] expected"));
  for (const char* name : {kAborts, kAbortsAtOnce}) {
    EXPECT_EQ(out[name].status, Status::kCrashed);
    EXPECT_EQ(out[name].stage, "duel");
    EXPECT_THAT(out[name].message, HasSubstr("signal 6"));
  }
}

TEST_F(RunFinalTest, WithoutTheDefaultThereIsNoDuel) {
  const FinalResult result = Run({kTurnsWrong, kSane});
  EXPECT_THAT(result.duel.entries, IsEmpty());
  ASSERT_EQ(result.disqualified.size(), 1u);
  EXPECT_EQ(result.disqualified[0].config.ToString(), kTurnsWrong);
}

TEST_F(RunFinalTest, TheDefaultAloneProvesNothing) {
  const FinalResult result = Run({kDefault});
  EXPECT_EQ(result.duel.verdict, Verdict::kNone);
  EXPECT_EQ(result.duel.chosen.ToString(), kDefault);
}

}  // namespace
}  // namespace tilesmith
