#include "tuner/sweep/sweep.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tuner/sweep/sweep_kernel.h"
#include "tuner/compile/process.h"

namespace tilesmith {
namespace {

using namespace testing_sweep;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::StartsWith;

/// Takes down what a sweep tells.
class Notes : public SweepObserver {
 public:
  void OnStart(const std::string&, const Problem&, std::uint64_t size, const Budget&) override {
    space_size = size;
  }
  void OnTrial(const Trial& trial, bool fresh) override {
    trials.push_back(trial);
    fresh_trials += fresh ? 1 : 0;
    if (on_trial) on_trial();
  }
  void OnPhase(std::string_view phase) override { phases.emplace_back(phase); }

  std::uint64_t space_size = 0;
  std::vector<Trial> trials;
  int fresh_trials = 0;
  std::vector<std::string> phases;
  std::function<void()> on_trial;
};

/// Each test sweeps a kernel of its own name; the machine's peaks are measured once for all.
class SweepTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { shop_ = new Shop("sweep_test"); }
  static void TearDownTestSuite() {
    delete shop_;
    shop_ = nullptr;
  }

  SweepTest()
      : name_(testing::UnitTest::GetInstance()->current_test_info()->name()),
        kernel_(MakeKernel(shop_->folder, name_)),
        space_(MakeSpace(name_, {16, 32, 48})) {}

  SweepResult Sweep() {
    notes_ = {};
    return tilesmith::Sweep(kernel_, space_, space_.problems[0], shop_->workshop, options_, notes_);
  }

  std::vector<Trial> Stored() const {
    return shop_->store.Trials(notes_.trials.at(0).provenance, space_.problems[0]);
  }

  static Shop* shop_;
  const std::string name_;
  KernelSpec kernel_;
  SpaceDefinition space_;
  SweepOptions options_ = QuickOptions();
  Notes notes_;
};

Shop* SweepTest::shop_ = nullptr;

TEST_F(SweepTest, TriesTheWholeSpaceAndDecides) {
  const SweepResult result = Sweep();
  EXPECT_EQ(result.tried, 3);
  EXPECT_EQ(result.known, 0);
  EXPECT_EQ(result.space_size, 3);
  EXPECT_EQ(notes_.space_size, 3u);
  EXPECT_EQ(notes_.trials.at(0).config, space_.default_config);
  EXPECT_EQ(notes_.fresh_trials, 3);
  EXPECT_THAT(notes_.phases, testing::Contains(HasSubstr("compiling 3 variants")));
  EXPECT_THAT(notes_.phases, testing::Contains(HasSubstr("duel of 3")));
  EXPECT_THAT(result.rejections, IsEmpty());
  ASSERT_EQ(result.duel.entries.size(), 3u);
  EXPECT_EQ(result.duel.entries[0].config, space_.default_config);
  EXPECT_NE(result.duel.verdict, Verdict::kNone);
  EXPECT_NE(result.duel.id, 0);
}

TEST_F(SweepTest, StoresWhatItFinds) {
  const SweepResult result = Sweep();
  const std::vector<Trial> stored = Stored();
  ASSERT_EQ(stored.size(), 3u);
  for (const Trial& trial : stored) {
    EXPECT_TRUE(PassedGate(trial.status)) << trial.message;
    EXPECT_EQ(trial.session, result.session.id);
    EXPECT_EQ(trial.samples_ns.size(), 3u);
    EXPECT_EQ(trial.pivot_samples_ns.size(), 3u);
    EXPECT_GT(trial.median_ns, 0);
    EXPECT_EQ(trial.deterministic, true);
    EXPECT_THAT(trial.repro,
                HasSubstr("tilesmith verify " + name_ + " --problem real --config BLOCK="));
  }
  EXPECT_EQ(stored[0].pivot, space_.default_config.ToString());
  const auto session = shop_->store.SessionOf(result.session.id);
  ASSERT_TRUE(session);
  EXPECT_EQ(session->state, "finished");
  EXPECT_EQ(session->command, "tilesmith sweep");
  EXPECT_EQ(session->strategy, "exhaustive");
  EXPECT_GT(session->compile_s, 0);
  EXPECT_GE(session->wall_s, session->compile_s + session->verify_s);
  EXPECT_TRUE(shop_->store.Space(name_));
  EXPECT_TRUE(shop_->store.LatestDuel(stored[0].provenance, space_.problems[0]));
}

TEST_F(SweepTest, TheCommandThatRepeatsATrialIsWhole) {
  options_.program = "./my tool";
  options_.budget.configs = 1;
  options_.gate.limits.call_s = 3;
  space_.file = "narrow.toml";
  Sweep();
  const std::string& repro = notes_.trials.at(0).repro;
  EXPECT_THAT(repro, StartsWith("'./my tool' verify " + name_ + " --problem real --config "));
  EXPECT_THAT(repro, HasSubstr(" --threads 1 --compiler " + shop_->compiler.path()));
  EXPECT_THAT(repro, HasSubstr(" --space narrow.toml"));
  EXPECT_THAT(repro, HasSubstr(" --cxxflags=-O1"));
  EXPECT_THAT(repro, HasSubstr(" --call-limit 3"));
}

TEST_F(SweepTest, LosersAreDroppedButTheFirstConfigHasNoneToLoseTo) {
  options_.screening.first_rejection = 1e-9;
  Sweep();
  ASSERT_EQ(notes_.trials.size(), 3u);
  EXPECT_EQ(notes_.trials[0].dropped_at, 0);
  EXPECT_NE(notes_.trials[0].status, Status::kPruned);
  for (const std::size_t i : {1u, 2u}) {
    EXPECT_EQ(notes_.trials[i].status, Status::kPruned);
    EXPECT_EQ(notes_.trials[i].dropped_at, 1);
  }
}

TEST_F(SweepTest, ResumeTellsWhatIsKnownAndRunsNothing) {
  const SweepResult first = Sweep();
  const SweepResult second = Sweep();
  EXPECT_EQ(second.tried, 0);
  EXPECT_EQ(second.known, 3);
  EXPECT_EQ(notes_.fresh_trials, 0);
  EXPECT_EQ(notes_.trials.size(), 3u);
  EXPECT_THAT(notes_.phases, IsEmpty());
  EXPECT_EQ(second.duel.id, first.duel.id);
  EXPECT_EQ(second.duel.verdict, first.duel.verdict);
  EXPECT_EQ(second.duel.chosen, first.duel.chosen);
  EXPECT_EQ(second.counts, first.counts);
}

TEST_F(SweepTest, ANewValueIsAllThatIsTried) {
  Sweep();
  space_.tiles[0].values.push_back(8);
  const SweepResult result = Sweep();
  EXPECT_EQ(result.tried, 1);
  EXPECT_EQ(result.known, 3);
}

TEST_F(SweepTest, FreshRunsEverythingAgain) {
  const SweepResult first = Sweep();
  const std::vector<Trial> before = Stored();
  options_.fresh = true;
  const SweepResult second = Sweep();
  EXPECT_EQ(second.tried, 3);
  EXPECT_EQ(second.known, 0);
  EXPECT_NE(second.duel.id, first.duel.id);
  const std::vector<Trial> after = Stored();
  ASSERT_EQ(after.size(), 3u);  // replaced, not added
  EXPECT_EQ(after[0].id, before[0].id);
  EXPECT_EQ(after[0].session, second.session.id);
}

TEST_F(SweepTest, AnotherSourceIsAnotherQuestion) {
  Sweep();
  Write(kernel_.header, std::string(kHeader) + "namespace sweep_test { inline int changed; }\n");
  Compiler compiler(InFolder(shop_->folder));  // one that has not seen the old source
  Workshop workshop(shop_->store, compiler, shop_->machine);
  const SweepResult result =
      tilesmith::Sweep(kernel_, space_, space_.problems[0], workshop, options_, notes_);
  EXPECT_EQ(result.tried, 3);
  EXPECT_EQ(result.known, 0);
}

TEST_F(SweepTest, ABudgetOfConfigsCountsTheKnownOnes) {
  options_.budget.configs = 2;
  EXPECT_EQ(Sweep().tried, 2);
  EXPECT_EQ(Sweep().tried, 0);
  options_.budget.configs = 3;
  const SweepResult result = Sweep();
  EXPECT_EQ(result.tried, 1);
  EXPECT_EQ(result.known, 2);
}

TEST_F(SweepTest, ABudgetOfTimeCountsWhatTheKnownOnesCost) {
  Sweep();
  options_.budget.seconds = 1e-9;  // spent by the first known trial
  space_.tiles[0].values.push_back(8);
  const SweepResult result = Sweep();
  EXPECT_EQ(result.tried, 0);
}

TEST_F(SweepTest, WithoutARightDefaultThereIsNoVerdict) {
  space_ = MakeSpace(name_, {16}, {2, 1});  // the default adds 2
  const SweepResult result = Sweep();
  EXPECT_EQ(result.tried, 2);
  EXPECT_EQ(result.duel.verdict, Verdict::kNone);
  EXPECT_THAT(result.duel.entries, IsEmpty());
  EXPECT_THAT(result.duel.reason, HasSubstr("the default config did not pass the gate"));
  EXPECT_THAT(
      result.rejections,
      ElementsAre(Pair(HasSubstr("wrong (ragged), e.g. BLOCK=16,ADD=2,CALLS=0,DEFECT=0: y["), 1)));
  EXPECT_EQ(result.session.state, "finished");
  EXPECT_EQ(std::count_if(notes_.trials.begin(), notes_.trials.end(),
                          [](const Trial& trial) { return PassedGate(trial.status); }),
            1);
}

TEST_F(SweepTest, IdenticalMachineCodeIsTimedOnce) {
  space_ = MakeSpace(name_, {16, 64, 96});  // 96 compiles to the code of 64
  const SweepResult result = Sweep();
  std::map<std::int64_t, Trial> by_block;
  for (const Trial& trial : notes_.trials) by_block[*trial.config.Find("BLOCK")] = trial;
  Trial timed = by_block.at(64), alias = by_block.at(96);
  ASSERT_EQ(timed.code_hash, alias.code_hash);
  if (timed.alias_of != 0) std::swap(timed, alias);
  EXPECT_EQ(timed.alias_of, 0);
  EXPECT_EQ(alias.alias_of, timed.id);
  EXPECT_EQ(alias.status, timed.status);
  EXPECT_EQ(alias.median_ns, timed.median_ns);
  EXPECT_THAT(alias.samples_ns, IsEmpty());
  EXPECT_EQ(result.duel.entries.size(), 2u);  // of 64 and 96 only one
}

TEST_F(SweepTest, AFailingObserverLeavesAFailedSession) {
  notes_ = {};
  notes_.on_trial = [] { throw std::runtime_error("stop"); };
  EXPECT_THROW(
      tilesmith::Sweep(kernel_, space_, space_.problems[0], shop_->workshop, options_, notes_),
      std::runtime_error);
  const auto session = shop_->store.SessionOf(notes_.trials.at(0).session);
  ASSERT_TRUE(session);
  EXPECT_EQ(session->state, "failed");
  EXPECT_EQ(Stored().size(), 1u);  // what was found is kept
}

TEST_F(SweepTest, AnInterruptedSweepSaysSoAndResumes) {
  notes_ = {};
  notes_.on_trial = [] { throw Interrupt{}; };
  EXPECT_THROW(
      tilesmith::Sweep(kernel_, space_, space_.problems[0], shop_->workshop, options_, notes_),
      Interrupt);
  EXPECT_EQ(shop_->store.SessionOf(notes_.trials.at(0).session)->state, "interrupted");
  const SweepResult result = Sweep();
  EXPECT_EQ(result.known, 1);
  EXPECT_EQ(result.tried, 2);
}

}  // namespace
}  // namespace tilesmith
