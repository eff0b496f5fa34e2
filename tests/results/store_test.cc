#include "results/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <tuple>

#include "results/query.h"
#include "tests/results/sample_store.h"

namespace tilesmith {
namespace {

using testing::FreshPath;
using testing::SampleDuel;
using testing::SampleMachine;
using testing::SampleProblem;
using testing::SampleProvenance;
using testing::SampleSpace;
using testing::SampleTrial;
using testing::Scalar;

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() : store_(FreshPath("store.db")) {}
  ResultStore store_;
};

auto Fields(const Trial& t) {
  return std::make_tuple(t.session, t.provenance, t.kernel, t.problem.name, t.problem.dims,
                         t.config, t.status, t.stage, t.message, t.repro, t.deterministic,
                         t.error_share, t.samples_ns, t.pivot_samples_ns, t.pivot, t.median_ns,
                         t.log_ratio, t.dropped_at, t.compile_ms, t.verify_ms, t.measure_ms,
                         t.code_hash, t.alias_of);
}

auto Fields(const DuelEntry& e) {
  return std::make_tuple(e.config, e.role, e.samples_ns, e.median_ns, e.speedup, e.ci_low,
                         e.ci_high, e.verdict);
}

auto Fields(const Duel& d) {
  return std::make_tuple(d.session, d.provenance, d.kernel, d.problem.name, d.problem.dims, d.seed,
                         d.rounds, d.confidence, d.tie_band, d.chosen, d.verdict, d.reason,
                         d.gflops, d.gbytes_per_s, d.measure_s);
}

TEST_F(StoreTest, MakesTheFolder) {
  const std::string path = FreshPath("new") + "/deep/store.db";
  const ResultStore store(path);
  EXPECT_TRUE(std::filesystem::exists(path));
  EXPECT_EQ(store.path(), path);
}

TEST_F(StoreTest, MachinesComeBack) {
  EXPECT_FALSE(store_.Machine("f00d"));
  store_.Put(SampleMachine());
  store_.Put(MachineRecord{"f00d", "another name", "{}"});  // the first description stays
  const auto machine = store_.Machine("f00d");
  ASSERT_TRUE(machine);
  EXPECT_EQ(machine->name, SampleMachine().name);
  EXPECT_EQ(machine->detail, SampleMachine().detail);
}

TEST_F(StoreTest, AMachineMayBeDescribedAfterItIsUsed) {
  store_.Intern(SampleProvenance());
  EXPECT_EQ(store_.Machine("f00d")->name, "");
  store_.Put(SampleMachine());
  EXPECT_EQ(store_.Machine("f00d")->name, SampleMachine().name);
}

TEST_F(StoreTest, SpacesComeBackNewestFirst) {
  EXPECT_FALSE(store_.Space("hc_post"));
  SpaceRecord old = SampleSpace();
  old.hash = "old";
  store_.Put(old);
  store_.Put(SampleSpace());
  const auto space = store_.Space("hc_post");
  const SpaceRecord expected = SampleSpace();
  ASSERT_TRUE(space);
  EXPECT_EQ(space->hash, expected.hash);
  EXPECT_EQ(space->dims, expected.dims);
  EXPECT_EQ(space->tiles, expected.tiles);
  EXPECT_EQ(space->default_config, expected.default_config);
  EXPECT_EQ(space->machine_facts, expected.machine_facts);
  EXPECT_EQ(space->flops, expected.flops);
  EXPECT_EQ(space->bytes, expected.bytes);
  ASSERT_EQ(space->constraints.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(space->constraints[i].name, expected.constraints[i].name);
    EXPECT_EQ(space->constraints[i].expression, expected.constraints[i].expression);
    EXPECT_EQ(space->constraints[i].cpp, expected.constraints[i].cpp);
    EXPECT_EQ(space->constraints[i].names, expected.constraints[i].names);
  }
}

TEST_F(StoreTest, EveryFieldOfAProvenanceMakesItAnother) {
  const Provenance base = SampleProvenance();
  const std::int64_t id = store_.Intern(base);
  EXPECT_EQ(store_.Intern(base), id);
  EXPECT_EQ(store_.ProvenanceOf(id), base);
  EXPECT_FALSE(store_.ProvenanceOf(id + 100));

  std::vector<Provenance> others(12, base);
  others[0].kernel = others[1].source_hash = others[2].space_hash = others[3].golden_hash =
      others[4].compiler = others[5].compiler_version = others[6].flags = others[7].machine =
          others[8].pinning = others[9].tool_version = "other";
  others[10].threads = 3;
  others[11].seed = 3;
  for (const Provenance& other : others) {
    const std::int64_t other_id = store_.Intern(other);
    EXPECT_NE(other_id, id);
    EXPECT_EQ(store_.ProvenanceOf(other_id), other);
  }
}

TEST_F(StoreTest, TrialsComeBackWhole) {
  const std::int64_t provenance = store_.Intern(SampleProvenance());
  Session session;
  session.kernel = "hc_post";
  session.machine = "f00d";
  Trial first = SampleTrial(provenance);
  first.session = store_.Begin(session);
  first.id = store_.Put(first);
  Trial second = SampleTrial(provenance, "T_TILE=8,D_TILE=512");
  second.alias_of = first.id;
  second.deterministic = std::nullopt;
  second.error_share = std::numeric_limits<double>::infinity();
  second.samples_ns.clear();
  second.id = store_.Put(second);

  const std::vector<Trial> trials = store_.Trials(provenance, SampleProblem());
  ASSERT_EQ(trials.size(), 2u);
  EXPECT_EQ(trials[0].id, first.id);
  EXPECT_EQ(trials[1].id, second.id);
  EXPECT_EQ(Fields(trials[0]), Fields(first));
  EXPECT_EQ(Fields(trials[1]), Fields(second));
  EXPECT_THAT(trials[0].created_at, ::testing::MatchesRegex("20..-..-..T..:..:..\\....Z"));
}

TEST_F(StoreTest, EveryStatusAndNaNCanBeStored) {
  const std::int64_t provenance = store_.Intern(SampleProvenance());
  int tile = 0;
  for (const Status status : AllStatuses()) {
    Trial trial = SampleTrial(provenance, "T_TILE=" + std::to_string(++tile));
    trial.status = status;
    trial.error_share = std::nan("");
    store_.Put(trial);
  }
  const std::vector<Trial> trials = store_.Trials(provenance, SampleProblem());
  ASSERT_EQ(trials.size(), AllStatuses().size());
  for (std::size_t i = 0; i < trials.size(); ++i) {
    EXPECT_EQ(trials[i].status, AllStatuses()[i]);
    EXPECT_TRUE(std::isnan(trials[i].error_share));
  }
}

TEST_F(StoreTest, ATrialReplacesTheOneOfItsKey) {
  const std::int64_t provenance = store_.Intern(SampleProvenance());
  const std::int64_t id = store_.Put(SampleTrial(provenance));
  Trial alias = SampleTrial(provenance, "T_TILE=5,D_TILE=512");
  alias.alias_of = id;
  store_.Put(alias);
  Trial again = SampleTrial(provenance);
  again.status = Status::kWrong;
  again.samples_ns = {7};
  EXPECT_EQ(store_.Put(again), id);
  const std::vector<Trial> trials = store_.Trials(provenance, SampleProblem());
  ASSERT_EQ(trials.size(), 2u);
  EXPECT_EQ(Fields(trials[0]), Fields(again));
  EXPECT_EQ(trials[1].alias_of, id);
}

TEST_F(StoreTest, TrialsOfAnotherProblemSizeOrProvenanceAreOthers) {
  const std::int64_t provenance = store_.Intern(SampleProvenance());
  Provenance clang = SampleProvenance();
  clang.compiler = "clang++";
  const std::int64_t other = store_.Intern(clang);
  Trial resized = SampleTrial(provenance);
  resized.problem.dims[1].second = 7168;
  store_.Put(SampleTrial(provenance));
  store_.Put(SampleTrial(other));
  store_.Put(resized);
  EXPECT_EQ(store_.Trials(provenance, SampleProblem()).size(), 1u);
  EXPECT_EQ(store_.Trials(provenance, resized.problem).size(), 1u);
  EXPECT_EQ(store_.Trials(other, SampleProblem()).size(), 1u);
  EXPECT_EQ(store_.Trials(other, resized.problem).size(), 0u);
  EXPECT_EQ(store_.Trials(provenance, {"unknown", {}}).size(), 0u);
}

TEST_F(StoreTest, CountsByStatus) {
  const std::int64_t provenance = store_.Intern(SampleProvenance());
  testing::PutTrials(store_, provenance, 3);
  Trial wrong = SampleTrial(provenance, "T_TILE=99");
  wrong.status = Status::kWrong;
  store_.Put(wrong);
  const std::vector<std::pair<Status, int>> expected = {{Status::kOk, 3}, {Status::kWrong, 1}};
  EXPECT_EQ(store_.StatusCounts(provenance, SampleProblem()), expected);
  EXPECT_TRUE(store_.StatusCounts(provenance, {"unknown", {}}).empty());
}

TEST_F(StoreTest, TilesAreReadableJson) {
  store_.Put(SampleTrial(store_.Intern(SampleProvenance())));
  EXPECT_EQ(Scalar(store_, "SELECT json_extract(tiles, '$.D_TILE') FROM trial"), "512");
  EXPECT_EQ(Scalar(store_, "SELECT json_extract(sizes, '$.D') FROM problem"), "4096");
}

TEST_F(StoreTest, DuelsComeBackWhole) {
  const std::int64_t provenance = store_.Intern(SampleProvenance());
  EXPECT_FALSE(store_.LatestDuel(provenance, SampleProblem()));
  Duel duel = SampleDuel(provenance);
  duel.entries[1].ci_high = std::numeric_limits<double>::infinity();
  Duel older = duel;
  older.reason = "older";
  store_.Put(older);
  const std::int64_t id = store_.Put(duel);
  const auto stored = store_.LatestDuel(provenance, SampleProblem());
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->id, id);
  EXPECT_EQ(Fields(*stored), Fields(duel));
  ASSERT_EQ(stored->entries.size(), 2u);
  EXPECT_EQ(Fields(stored->entries[0]), Fields(duel.entries[0]));
  EXPECT_EQ(Fields(stored->entries[1]), Fields(duel.entries[1]));
  EXPECT_EQ(Scalar(store_, "SELECT count(*) FROM duel"), "2");
}

TEST_F(StoreTest, ADuelIsStoredWholeOrNotAtAll) {
  Duel duel = SampleDuel(store_.Intern(SampleProvenance()));
  duel.entries.push_back(duel.entries[0]);  // the same config twice
  EXPECT_THROW(store_.Put(duel), UserError);
  EXPECT_EQ(Scalar(store_, "SELECT count(*) FROM duel"), "0");
  EXPECT_EQ(Scalar(store_, "SELECT count(*) FROM duel_entry"), "0");
}

TEST_F(StoreTest, SelectionsHaveOneDuelPerProblemMachineAndThreads) {
  store_.Put(SampleMachine());
  store_.Put(SampleDuel(store_.Intern(SampleProvenance("a"))));
  Duel newest = SampleDuel(store_.Intern(SampleProvenance("b")));
  store_.Put(newest);
  newest.reason = "newest";
  newest.problem.dims[1].second = 7168;  // the problem was resized; its name decides
  store_.Put(newest);
  newest.problem.name = "another";
  store_.Put(newest);
  Provenance single = SampleProvenance("b");
  single.threads = 1;
  store_.Put(SampleDuel(store_.Intern(single)));

  const auto selections = store_.Selections();
  ASSERT_EQ(selections.size(), 4u);
  const auto name = [&](std::size_t i) {
    const ResultStore::Selected& s = selections[i];
    return s.provenance.kernel + " " + s.duel.problem.name + " " +
           std::to_string(s.provenance.threads);
  };
  EXPECT_EQ(name(0), "a decode-flash 2");
  EXPECT_EQ(name(1), "b another 2");
  EXPECT_EQ(name(2), "b decode-flash 1");
  EXPECT_EQ(name(3), "b decode-flash 2");
  EXPECT_EQ(selections[3].duel.reason, "newest");
  EXPECT_EQ(selections[3].machine.name, SampleMachine().name);
  EXPECT_FALSE(selections[3].stale);
  EXPECT_EQ(store_.Selections("a").size(), 1u);
  EXPECT_TRUE(store_.Selections("c").empty());
}

TEST_F(StoreTest, SelectionsPreferTheCurrentProvenance) {
  const std::int64_t gcc = store_.Intern(SampleProvenance());
  Provenance other = SampleProvenance();
  other.compiler_version = "clang 14";
  Duel duel = SampleDuel(gcc);
  duel.reason = "gcc's";
  store_.Put(duel);
  const std::int64_t clang = store_.Intern(other);
  EXPECT_TRUE(store_.Selections().at(0).stale);  // all there is
  duel.provenance = clang;
  duel.reason = "clang's";
  store_.Put(duel);
  EXPECT_EQ(store_.Selections().at(0).duel.reason, "clang's");
  store_.Intern(SampleProvenance());  // back to gcc, whose duel is older but current again
  EXPECT_EQ(store_.Selections().at(0).duel.reason, "gcc's");
  EXPECT_FALSE(store_.Selections().at(0).stale);
}

TEST_F(StoreTest, SessionsBeginAndEnd) {
  Session session;
  session.command = "tilesmith sweep hc_post";
  session.kernel = "hc_post";
  session.problem = "decode-flash";
  session.strategy = "random";
  session.budget = "60s";
  session.seed = 0xffffffffffffffff;
  session.machine = "f00d";
  session.id = store_.Begin(session);
  auto stored = store_.SessionOf(session.id);
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->state, "running");
  EXPECT_EQ(stored->command, session.command);
  EXPECT_EQ(stored->problem, session.problem);
  EXPECT_EQ(stored->strategy, session.strategy);
  EXPECT_EQ(stored->budget, session.budget);
  EXPECT_EQ(stored->seed, session.seed);
  EXPECT_EQ(stored->machine, session.machine);
  EXPECT_EQ(stored->started_at.size(), 24u);
  EXPECT_EQ(stored->ended_at, "");
  session.state = "failed";
  session.wall_s = 10;
  session.compile_s = 5;
  session.verify_s = 2;
  session.measure_s = 1;
  store_.End(session);
  stored = store_.SessionOf(session.id);
  EXPECT_EQ(stored->state, "failed");
  EXPECT_EQ(stored->ended_at.size(), 24u);
  EXPECT_EQ(stored->wall_s + stored->compile_s + stored->verify_s + stored->measure_s, 18);
  EXPECT_EQ(Scalar(store_, "SELECT framework_s FROM sessions"), "2.0");
  EXPECT_FALSE(store_.SessionOf(session.id + 1));
}

TEST_F(StoreTest, OnlyDeadSessionsOfThisHostAreInterrupted) {
  Session session;
  session.machine = "f00d";
  const std::int64_t alive = store_.Begin(session);
  const std::int64_t dead = store_.Begin(session);
  const std::int64_t elsewhere = store_.Begin(session);
  const std::string reused = "UPDATE session SET process = process || '0' WHERE id = ?";
  store_.database().Run(reused, dead);  // this process id, started at another time
  store_.database().Run(reused, elsewhere);
  store_.database().Run("UPDATE session SET host = 'elsewhere' WHERE id = ?", elsewhere);
  Trial trial = SampleTrial(store_.Intern(SampleProvenance()));
  trial.session = dead;
  store_.Put(trial);
  store_.Begin(session);
  EXPECT_EQ(store_.SessionOf(alive)->state, "running");
  EXPECT_EQ(store_.SessionOf(elsewhere)->state, "running");
  EXPECT_EQ(store_.SessionOf(dead)->state, "interrupted");
  EXPECT_EQ(store_.SessionOf(dead)->ended_at, Scalar(store_, "SELECT created_at FROM trial"));
}

TEST_F(StoreTest, MovesWithItsPath) {
  const std::int64_t provenance = store_.Intern(SampleProvenance());
  ResultStore moved = std::move(store_);
  moved.Put(SampleTrial(provenance));
  EXPECT_EQ(moved.Trials(provenance, SampleProblem()).size(), 1u);
}

using StoreDeathTest = StoreTest;

TEST_F(StoreDeathTest, UnknownIdsAreBrokenInvariants) {
  EXPECT_DEATH(store_.Put(SampleTrial(77)), "provenance comes from Intern");
  Session session;
  session.id = 77;
  EXPECT_DEATH(store_.End(session), "session comes from Begin");
}

}  // namespace
}  // namespace tilesmith
