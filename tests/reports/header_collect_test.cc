#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/generated_header.h"
#include "tests/reports/example_records.h"

namespace tilesmith {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class CollectHeaderTest : public testing::Test {
 protected:
  CollectHeaderTest() : store_(FreshPath()) {}

  static std::string FreshPath() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    const auto path = std::filesystem::path(testing::TempDir()) / "header_collect" / test->name();
    std::filesystem::remove_all(path);
    return (path / "results.db").string();
  }

  // Stores the entry as a sweep would: machine, provenance, session, duel.
  void Store(const HeaderEntry& entry) {
    store_.Put(entry.machine);
    Session session;
    session.kernel = entry.duel.kernel;
    session.problem = entry.duel.problem.name;
    session.machine = entry.machine.fingerprint;
    Duel duel = entry.duel;
    duel.provenance = store_.Intern(entry.provenance);
    duel.session = store_.Begin(session);
    store_.Put(duel);
  }

  static std::vector<std::string> Problems(const HeaderContents& contents) {
    std::vector<std::string> problems;
    for (const HeaderKernel& kernel : contents.kernels) {
      for (const HeaderEntry& entry : kernel.entries) {
        problems.push_back(kernel.space.kernel + " " + entry.duel.problem.name);
      }
    }
    return problems;
  }

  ResultStore store_;
};

HeaderEntry Flash() { return ExampleEntry("decode-flash", 8, 4096, "T_TILE=4,D_TILE=1024"); }
HeaderEntry Pro() { return ExampleEntry("decode-pro", 8, 7168, "T_TILE=2,D_TILE=1024"); }

TEST_F(CollectHeaderTest, AnEmptyDatabaseHasNothingToSay) {
  const HeaderContents contents = CollectHeader(store_);
  EXPECT_THAT(contents.kernels, IsEmpty());
  EXPECT_THAT(contents.left_out, IsEmpty());
}

TEST_F(CollectHeaderTest, TakesTheNewestDuelOfEveryProblem) {
  store_.Put(ExampleSpace());
  Store(Pro());
  HeaderEntry old = Flash();
  old.duel.chosen = Config::Parse("T_TILE=1,D_TILE=512");
  Store(old);
  Store(Flash());
  const HeaderContents contents = CollectHeader(store_);
  EXPECT_THAT(Problems(contents), ElementsAre("hc_post decode-flash", "hc_post decode-pro"));
  EXPECT_THAT(contents.left_out, IsEmpty());
  EXPECT_EQ(contents.kernels[0].entries[0].duel.chosen, Flash().duel.chosen);
}

// What went through the store gives the same text as the records it was made of.
TEST_F(CollectHeaderTest, TheStoreKeepsAllThatTheHeaderSays) {
  store_.Put(ExampleSpace());
  for (const HeaderEntry& entry : ExampleKernel().entries) Store(entry);
  const HeaderContents contents = CollectHeader(store_);
  EXPECT_EQ(GenerateHeader(contents.kernels), GenerateHeader({ExampleKernel()}));
  EXPECT_THAT(CheckHeader(contents, GenerateHeader({ExampleKernel()})), IsEmpty());
}

TEST_F(CollectHeaderTest, LeavesOutStaleEntriesAndSaysWhatChanged) {
  store_.Put(ExampleSpace());
  Store(Pro());
  HeaderEntry fresh = Flash();
  fresh.provenance.source_hash = "newer";
  Store(fresh);
  const HeaderContents contents = CollectHeader(store_);
  EXPECT_THAT(Problems(contents), ElementsAre("hc_post decode-flash"));
  EXPECT_THAT(contents.left_out, ElementsAre("hc_post decode-pro: the kernel source changed"));
}

TEST_F(CollectHeaderTest, AKernelWithOnlyStaleEntriesKeepsItsDefault) {
  store_.Put(ExampleSpace());
  Store(Flash());
  HeaderEntry changed = Flash();
  changed.provenance.flags = "-O2";
  store_.Intern(changed.provenance);
  const HeaderContents contents = CollectHeader(store_);
  ASSERT_EQ(contents.kernels.size(), 1U);
  EXPECT_THAT(contents.kernels[0].entries, IsEmpty());
  EXPECT_THAT(contents.left_out, ElementsAre(testing::StartsWith("hc_post decode-flash: stale: ")));
  EXPECT_FALSE(CheckHeader(contents, GenerateHeader(contents.kernels)).empty());
}

TEST_F(CollectHeaderTest, TakesOneMachineTheNewestUnlessTold) {
  store_.Put(ExampleSpace());
  Store(Flash());
  HeaderEntry elsewhere = Pro();
  elsewhere.machine.fingerprint = elsewhere.provenance.machine = "beef";
  Store(elsewhere);
  EXPECT_THAT(Problems(CollectHeader(store_)), ElementsAre("hc_post decode-pro"));
  EXPECT_THAT(Problems(CollectHeader(store_, "f00d")), ElementsAre("hc_post decode-flash"));
  EXPECT_THAT(Problems(CollectHeader(store_, "none")), IsEmpty());
}

TEST_F(CollectHeaderTest, OfSeveralThreadCountsTheNewestSpeaks) {
  store_.Put(ExampleSpace());
  for (int threads : {4, 1}) {
    HeaderEntry entry = Flash();
    entry.provenance.threads = threads;
    Store(entry);
  }
  const HeaderContents contents = CollectHeader(store_);
  ASSERT_THAT(Problems(contents), ElementsAre("hc_post decode-flash"));
  EXPECT_EQ(contents.kernels[0].entries[0].provenance.threads, 1);
}

TEST_F(CollectHeaderTest, LeavesOutProblemsWhereNothingPassed) {
  store_.Put(ExampleSpace());
  HeaderEntry nothing = Flash();
  nothing.duel.entries.clear();
  nothing.duel.chosen = Config();
  nothing.duel.verdict = Verdict::kNone;
  Store(nothing);
  EXPECT_THAT(CollectHeader(store_).left_out,
              ElementsAre("hc_post decode-flash: no config passed"));
}

TEST_F(CollectHeaderTest, LeavesOutWhatDoesNotFitTheNewestSpace) {
  Store(Flash());
  EXPECT_THAT(CollectHeader(store_).left_out,
              ElementsAre("hc_post decode-flash: the database has no search space of the kernel; "
                          "sweep it again"));
  SpaceRecord space = ExampleSpace();
  space.tiles.push_back("UNROLL");
  space.default_config = Config::Parse("T_TILE=8,D_TILE=512,UNROLL=1");
  store_.Put(space);
  const HeaderContents contents = CollectHeader(store_);
  EXPECT_THAT(contents.left_out,
              ElementsAre("hc_post decode-flash: the tiles of the space changed"));
  EXPECT_NE(GenerateHeader(contents.kernels).find(".UNROLL = 1"), std::string::npos);
}

}  // namespace
}  // namespace tilesmith
