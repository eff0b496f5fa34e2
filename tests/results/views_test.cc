// The views people read: what they show, and what counts as stale and as best.
#include <gtest/gtest.h>

#include "results/sqlite.h"
#include "results/store.h"
#include "tests/results/sample_store.h"

namespace tilesmith {
namespace {

using testing::FreshPath;
using testing::SampleDuel;
using testing::SampleProvenance;
using testing::SampleTrial;
using testing::Scalar;

class ViewsTest : public ::testing::Test {
 protected:
  ViewsTest() : store_(FreshPath("store.db")) {
    store_.Put(testing::SampleMachine());
    store_.Put(testing::SampleSpace());
    provenance_ = store_.Intern(SampleProvenance());
  }
  std::string Best(const std::string& column) {
    return Scalar(store_, "SELECT " + column + " FROM best");
  }
  std::string Count(const std::string& view) {
    return Scalar(store_, "SELECT count(*) FROM " + view);
  }

  ResultStore store_;
  std::int64_t provenance_ = 0;
};

TEST_F(ViewsTest, TheDocumentedColumnsExist) {
  for (const char* view : {"trials", "best"}) {
    EXPECT_NO_THROW(store_.database().Select(
        std::string(
            "SELECT kernel, problem, config, status, verdict, median_ns, default_median_ns, "
            "speedup, ci_low, ci_high, rounds, samples, gflops, gbytes_per_s, machine, "
            "compiler, session, deterministic, error_share, stale, created_at FROM ") +
            view,
        view));
  }
}

TEST_F(ViewsTest, TrialsShowTheDefaultsTimeAndTheDuelsVerdict) {
  testing::PutTrials(store_, provenance_, 8);  // T_TILE=8, the default, takes 8000 ns
  EXPECT_EQ(Scalar(store_, "SELECT default_median_ns FROM trials WHERE config LIKE 'T_TILE=4,%'"),
            "8000.0");
  EXPECT_EQ(Scalar(store_, "SELECT count(*) FROM trials WHERE speedup IS NOT NULL"), "0");
  store_.Put(SampleDuel(provenance_));
  const auto four = [&](const std::string& column) {
    return Scalar(store_, "SELECT " + column + " FROM trials WHERE config LIKE 'T_TILE=4,%'");
  };
  EXPECT_EQ(four("verdict"), "win");
  EXPECT_EQ(four("speedup"), "2.0");
  EXPECT_EQ(four("rounds"), "2");
  EXPECT_EQ(four("samples"), "3");
  EXPECT_EQ(four("median_ns"), "4000.0");
  // 12.5 GFLOP/s during the duel's 1000 ns are 12500 operations; in 4000 ns 3.125 GFLOP/s.
  EXPECT_EQ(four("gflops"), "3.125");
  EXPECT_EQ(Scalar(store_, "SELECT count(*) FROM trials WHERE verdict IS NOT NULL"), "2");
}

TEST_F(ViewsTest, UntimedTrialsHaveNoTime) {
  Trial crashed = SampleTrial(provenance_);
  crashed.status = Status::kCrashed;
  crashed.median_ns = 0;
  store_.Put(crashed);
  EXPECT_EQ(Scalar(store_, "SELECT count(*) FROM trials WHERE median_ns < 1e9"), "0");
  EXPECT_EQ(Scalar(store_, "SELECT log_ratio IS NULL AND dropped_at IS NULL FROM trials"), "1");
  EXPECT_EQ(Count("failures"), "1");
  EXPECT_EQ(Count("best"), "0");
}

TEST_F(ViewsTest, FailuresAreWhatDidNotPassTheGate) {
  int tile = 0;
  for (const Status status : AllStatuses()) {
    Trial trial = SampleTrial(provenance_, "T_TILE=" + std::to_string(++tile));
    trial.status = status;
    store_.Put(trial);
    const bool listed = Scalar(store_, "SELECT count(*) FROM failures WHERE config = '" +
                                           trial.config.ToString() + "'") == "1";
    EXPECT_EQ(listed, !PassedGate(status)) << ToString(status);
  }
}

TEST_F(ViewsTest, BestIsTheFastestRightTrialUntilADuelIsPublished) {
  testing::PutTrials(store_, provenance_, 4);
  Trial wrong = SampleTrial(provenance_, "T_TILE=9,D_TILE=512", 1);  // fast and wrong
  wrong.status = Status::kWrong;
  store_.Put(wrong);
  EXPECT_EQ(Count("best"), "1");
  EXPECT_EQ(Best("config"), "T_TILE=1,D_TILE=512");
  EXPECT_EQ(Best("source"), "screening");
  EXPECT_EQ(Best("speedup IS NULL AND verdict IS NULL"), "1");
  store_.Put(SampleDuel(provenance_));
  EXPECT_EQ(Count("best"), "1");
  EXPECT_EQ(Best("config"), "T_TILE=4,D_TILE=512");
  EXPECT_EQ(Best("source"), "duel");
  EXPECT_EQ(Best("median_ns"), "1000.0");
  EXPECT_EQ(Best("default_median_ns"), "2000.0");
  EXPECT_EQ(Best("speedup"), "2.0");
  EXPECT_EQ(Best("verdict"), "win");
  EXPECT_EQ(Best("gflops"), "12.5");
  EXPECT_EQ(Best("deterministic"), "1");
  EXPECT_EQ(Best("machine"), "Xeon, 2 cores");
  EXPECT_EQ(Best("compiler"), "g++ 12.2.0");
}

TEST_F(ViewsTest, ADuelWithoutAChosenConfigPublishesNothing) {
  testing::PutTrials(store_, provenance_, 2);
  Duel nothing = SampleDuel(provenance_);
  nothing.entries.clear();
  nothing.chosen = Config();
  nothing.verdict = Verdict::kNone;
  store_.Put(nothing);
  EXPECT_EQ(Best("source"), "screening");
  EXPECT_EQ(Best("verdict IS NULL AND gflops IS NULL AND rounds IS NULL"), "1");
}

TEST_F(ViewsTest, TiesOfBestBreakByConfig) {
  store_.Put(SampleTrial(provenance_, "T_TILE=2", 5));
  store_.Put(SampleTrial(provenance_, "T_TILE=1", 5));
  EXPECT_EQ(Best("config"), "T_TILE=1");
}

TEST_F(ViewsTest, BestKeepsMachinesApartAndPrefersTheCurrentProvenance) {
  testing::PutTrials(store_, provenance_, 1);
  Provenance other = SampleProvenance();
  other.machine = "cafe";
  store_.Put(SampleTrial(store_.Intern(other)));
  EXPECT_EQ(Count("best"), "2");
  Provenance newer = SampleProvenance();
  newer.source_hash = "newer";
  const std::int64_t current = store_.Intern(newer);
  EXPECT_EQ(Scalar(store_, "SELECT stale FROM best WHERE fingerprint = 'f00d'"), "1");
  store_.Put(SampleTrial(current, "T_TILE=7,D_TILE=512", 1e9));  // slower, but of today's kernel
  EXPECT_EQ(Scalar(store_, "SELECT config || stale FROM best WHERE fingerprint = 'f00d'"),
            "T_TILE=7,D_TILE=5120");
  EXPECT_EQ(Count("best"), "2");
}

TEST_F(ViewsTest, BestIsOfTheCurrentProvenanceEvenIfOlder) {
  testing::PutTrials(store_, provenance_, 1);
  Provenance tried = SampleProvenance();
  tried.flags = "-O2";
  store_.Put(SampleTrial(store_.Intern(tried), "T_TILE=7,D_TILE=512", 1));
  store_.database().Script("UPDATE trial SET created_at = '2099' WHERE config LIKE 'T_TILE=7%'");
  EXPECT_EQ(Best("config"), "T_TILE=7,D_TILE=512");
  store_.Intern(SampleProvenance());  // back to the old flags
  EXPECT_EQ(Best("config"), "T_TILE=1,D_TILE=512");
}

TEST_F(ViewsTest, StaleSaysWhatChanged) {
  testing::PutTrials(store_, provenance_, 1);
  EXPECT_EQ(Count("stale"), "0");
  Provenance newer = SampleProvenance();
  newer.source_hash = "newer";
  newer.flags = "-O2";
  store_.Intern(newer);
  EXPECT_EQ(Scalar(store_, "SELECT changed FROM stale"), "kernel source, flags");
  EXPECT_EQ(Scalar(store_, "SELECT stale FROM trials"), "1");
  store_.Intern(SampleProvenance());  // the change was undone
  EXPECT_EQ(Count("stale"), "0");
}

TEST_F(ViewsTest, OtherThreadCountsAndKernelsDoNotMakeStale) {
  testing::PutTrials(store_, provenance_, 1);
  Provenance other = SampleProvenance();
  other.threads = 1;
  store_.Intern(other);
  store_.Intern(SampleProvenance("another"));
  EXPECT_EQ(Count("stale"), "0");
}

TEST_F(ViewsTest, SessionsCountTheirTrials) {
  Session session;
  session.machine = "f00d";
  const std::int64_t id = store_.Begin(session);
  for (const Status status : {Status::kOk, Status::kOk, Status::kPruned, Status::kWrong}) {
    static int tile = 0;
    Trial trial = SampleTrial(provenance_, "T_TILE=" + std::to_string(++tile));
    trial.status = status;
    trial.session = id;
    store_.Put(trial);
  }
  EXPECT_EQ(Scalar(store_, "SELECT trials || ' ' || ok || ' ' || failures FROM sessions"), "4 2 1");
}

TEST_F(ViewsTest, DuelsListTheirEntries) {
  store_.Put(SampleDuel(provenance_));
  EXPECT_EQ(
      Scalar(store_, "SELECT group_concat(role || chosen || ' ' || default_median_ns) FROM duels"),
      "default0 2000.0,finalist1 2000.0");
}

// A million trials must not make `best` slow, so none of its steps may walk over them.
TEST_F(ViewsTest, BestNeverScansTrials) {
  Statement plan = store_.database().Prepare("EXPLAIN QUERY PLAN SELECT * FROM best");
  while (plan.Step()) {
    const std::string step = plan.Text(3);
    for (const char* table : {"SCAN t", "SCAN trial", "SCAN base", "SCAN d", "SCAN e"}) {
      EXPECT_FALSE(step == table || step.starts_with(std::string(table) + " ")) << step;
    }
  }
}

}  // namespace
}  // namespace tilesmith
