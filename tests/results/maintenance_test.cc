#include "results/maintenance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/results/sample_store.h"

namespace tilesmith {
namespace {

using ::testing::ElementsAre;
using testing::ErrorOf;
using testing::FreshPath;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::PutTrials;
using testing::SampleDuel;
using testing::SampleProblem;
using testing::SampleProvenance;
using testing::SampleTrial;
using testing::Scalar;

// Something in every table; with an alias before the trial it points to.
void Fill(ResultStore& store) {
  store.Put(testing::SampleMachine());
  store.Put(testing::SampleSpace());
  Session session;
  session.machine = "f00d";
  session.command = "sweep";
  session.id = store.Begin(session);
  const std::int64_t provenance = store.Intern(SampleProvenance());
  Trial trial = SampleTrial(provenance, "T_TILE=1", 10);
  trial.session = session.id;
  store.Put(trial);
  Trial original = SampleTrial(provenance, "T_TILE=2", 10);
  trial.alias_of = store.Put(original);
  store.Put(trial);
  Duel duel = SampleDuel(provenance);
  duel.session = session.id;
  store.Put(duel);
  store.End(session);
}

std::string Dump(const ResultStore& store) {
  std::string text;
  for (const ExportedTable& table : Export(store)) {
    text += table.name + ":";
    for (const auto& row : table.rows.cells) {
      for (const Field& cell : row) {
        if (const auto* i = std::get_if<std::int64_t>(&cell)) text += std::to_string(*i);
        if (const auto* d = std::get_if<double>(&cell)) text += std::to_string(*d);
        if (const auto* s = std::get_if<std::string>(&cell)) text += *s;
        text += '|';
      }
    }
    text += '\n';
  }
  return text;
}

class MaintenanceTest : public ::testing::Test {
 protected:
  MaintenanceTest() : a_(FreshPath("a.db")), b_(FreshPath("b.db")) {}
  ResultStore a_, b_;
};

TEST_F(MaintenanceTest, MergeIntoAnEmptyDatabaseCopiesIt) {
  Fill(a_);
  const MergeCounts counts = Merge(b_, a_.path());
  EXPECT_EQ(counts.trials, 2);
  EXPECT_EQ(counts.duels, 1);
  EXPECT_THAT(Verify(b_), IsEmpty());
  EXPECT_EQ(Scalar(b_,
                   "SELECT t.config || ' ' || o.config FROM trial t JOIN trial o "
                   "ON o.id = t.alias_of"),
            "T_TILE=1 T_TILE=2");
  EXPECT_EQ(Scalar(b_, "SELECT count(*) FROM duel_entry"), "2");
  EXPECT_EQ(Scalar(b_, "SELECT source FROM best"), "duel");
  EXPECT_EQ(Scalar(b_, "SELECT command || state || trials FROM sessions"), "sweepfinished1");
  EXPECT_TRUE(b_.Space("hc_post"));
}

TEST_F(MaintenanceTest, MergingAgainChangesNothing) {
  Fill(a_);
  Fill(b_);
  PutTrials(b_, b_.Intern(SampleProvenance("other")), 3);
  Merge(b_, a_.path());
  const std::string once = Dump(b_);
  const MergeCounts again = Merge(b_, a_.path());
  EXPECT_EQ(again.trials, 0);
  EXPECT_EQ(again.duels, 0);
  EXPECT_EQ(Dump(b_), once);
}

TEST_F(MaintenanceTest, IdsAreTranslated) {
  // The same ids mean different things in the two databases.
  PutTrials(a_, a_.Intern(SampleProvenance("one")), 2);
  PutTrials(b_, b_.Intern(SampleProvenance("two")), 3);
  Merge(b_, a_.path());
  EXPECT_EQ(Scalar(b_,
                   "SELECT group_concat(n) FROM (SELECT kernel || count(*) AS n FROM trials GROUP "
                   "BY kernel ORDER BY kernel)"),
            "one2,two3");
  EXPECT_THAT(Verify(b_), IsEmpty());
}

TEST_F(MaintenanceTest, TheNewerTrialStays) {
  const auto put = [](ResultStore& store, double median, const std::string& time) {
    const std::int64_t id = store.Put(SampleTrial(store.Intern(SampleProvenance()), "A=1", median));
    store.database().Run("UPDATE trial SET created_at = ? WHERE id = ?", time, id);
  };
  put(a_, 111, "2026-01-02T00:00:00.000Z");
  put(b_, 222, "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(Merge(b_, a_.path()).trials, 1);
  EXPECT_EQ(Scalar(b_, "SELECT median_ns FROM trial"), "111.0");
  put(b_, 333, "2026-01-03T00:00:00.000Z");
  EXPECT_EQ(Merge(b_, a_.path()).trials, 0);
  EXPECT_EQ(Scalar(b_, "SELECT median_ns FROM trial"), "333.0");
}

TEST_F(MaintenanceTest, TheNewerCurrentProvenanceStays) {
  const std::int64_t old = b_.Intern(SampleProvenance());
  b_.Put(SampleTrial(old));
  b_.database().Script("UPDATE current_provenance SET since = '2020-01-01T00:00:00.000Z'");
  Provenance newer = SampleProvenance();
  newer.flags = "-O2";
  a_.Intern(newer);
  Merge(b_, a_.path());
  EXPECT_EQ(Scalar(b_, "SELECT changed FROM stale"), "flags");
  b_.Intern(SampleProvenance());  // now b's is the newer
  Merge(b_, a_.path());
  EXPECT_EQ(Scalar(b_, "SELECT count(*) FROM stale"), "0");
}

TEST_F(MaintenanceTest, MergeLeavesTheSourceAlone) {
  Fill(a_);
  Fill(b_);
  const std::string before = Dump(a_);
  Merge(b_, a_.path());
  EXPECT_EQ(Dump(a_), before);
}

TEST_F(MaintenanceTest, MergeNamesWhatItCannotRead) {
  EXPECT_THAT(ErrorOf([&] { Merge(a_, a_.path()); }), HasSubstr("is the database to merge into"));
  EXPECT_THAT(ErrorOf([&] { Merge(a_, FreshPath("none.db")); }), HasSubstr("no such database"));
  b_.database().Script("PRAGMA user_version = 99");
  EXPECT_THAT(ErrorOf([&] { Merge(a_, b_.path()); }), HasSubstr("newer tilesmith"));
  EXPECT_NO_THROW(Fill(a_));  // nothing is left attached or locked
}

TEST_F(MaintenanceTest, VerifyFindsNothingInASoundDatabase) {
  Fill(a_);
  EXPECT_THAT(Verify(a_), IsEmpty());
}

TEST_F(MaintenanceTest, VerifyFindsBadRows) {
  PutTrials(a_, a_.Intern(SampleProvenance()), 5);
  a_.database().Script(
      "UPDATE trial SET samples_ns = x'0000' WHERE id = 1;"
      "UPDATE trial SET samples_ns = x'0000c07f' WHERE id = 2;"        // a NaN
      "UPDATE trial SET pivot_samples_ns = x'0000807f' WHERE id = 3;"  // infinity
      "UPDATE trial SET tiles = '{}' WHERE id = 4;"
      "PRAGMA foreign_keys = OFF; UPDATE trial SET session = 77 WHERE id = 5;");
  EXPECT_THAT(Verify(a_),
              ElementsAre("trial row 5 refers to a session that does not exist",
                          "trial 1: samples_ns is a blob of 2 bytes, not of whole floats",
                          "trial 2: samples_ns holds nan, not a time",
                          "trial 3: pivot_samples_ns holds inf, not a time",
                          "trial 4: tiles {} contradict config 'T_TILE=4,D_TILE=512'"));
}

TEST_F(MaintenanceTest, VerifyFindsBadDuels) {
  Fill(a_);
  a_.database().Script("UPDATE duel_entry SET samples_ns = x'00' WHERE position = 1");
  EXPECT_THAT(Verify(a_),
              ElementsAre(HasSubstr("duel entry 1/1: samples_ns is a blob of 1 bytes")));
}

TEST_F(MaintenanceTest, VacuumShrinksAndKeeps) {
  const std::int64_t provenance = a_.Intern(SampleProvenance());
  PutTrials(a_, provenance, 500);
  a_.database().Script("DELETE FROM trial WHERE id > 10");
  const VacuumSizes sizes = Vacuum(a_);
  EXPECT_LT(sizes.bytes_after, sizes.bytes_before);
  EXPECT_EQ(static_cast<std::int64_t>(std::filesystem::file_size(a_.path())), sizes.bytes_after);
  EXPECT_EQ(a_.Trials(provenance, SampleProblem()).size(), 10u);
  EXPECT_THAT(Verify(a_), IsEmpty());
}

TEST_F(MaintenanceTest, ExportAndImportLoseNothing) {
  Fill(a_);
  const MergeCounts counts = Import(b_, Export(a_));
  EXPECT_EQ(counts.trials, 2);
  EXPECT_EQ(counts.duels, 1);
  EXPECT_EQ(Dump(b_), Dump(a_));
  EXPECT_EQ(b_.Trials(1, SampleProblem()).at(0).samples_ns,
            (std::vector<float>{1230.5f, 1240.25f, 0.1f}));
  EXPECT_FALSE(std::filesystem::exists(b_.path() + ".import"));
}

TEST_F(MaintenanceTest, ImportMayNameAnAliasBeforeItsTrial) {
  Fill(a_);
  std::vector<ExportedTable> tables = Export(a_);
  for (ExportedTable& table : tables) {
    if (table.name == "trial") std::swap(table.rows.cells.at(0), table.rows.cells.at(1));
  }
  Import(b_, tables);
  EXPECT_EQ(Scalar(b_, "SELECT count(*) FROM trial WHERE alias_of IS NOT NULL"), "1");
}

TEST_F(MaintenanceTest, ImportRefusesWhatDoesNotFit) {
  const auto error = [&](ExportedTable table) {
    return ErrorOf([&] { Import(a_, {std::move(table)}); });
  };
  const std::string text = "x";
  EXPECT_THAT(error({"trail", {}}), "no table 'trail'; did you mean 'trial'?");
  EXPECT_THAT(error({"machine", {{"nmae"}, {}}}),
              HasSubstr("no column 'nmae'; did you mean 'name'?"));
  EXPECT_THAT(error({"machine", {{"name) --"}, {}}}), HasSubstr("no column"));
  EXPECT_THAT(error({"machine", {{"name"}, {{text, text}}}}), HasSubstr("2 cells under 1 columns"));
  EXPECT_THAT(error({"machine", {{"fingerprint"}, {{text}}}}), HasSubstr("constraint failed"));
  for (const char* samples : {"1,2", "[1,2", "[1;2]", "[1,]x", "[one]", ""}) {
    EXPECT_THAT(error({"duel_entry", {{"samples_ns"}, {{std::string(samples)}}}}),
                HasSubstr("not a JSON array of numbers"))
        << samples;
  }
  EXPECT_EQ(Scalar(a_, "SELECT count(*) FROM machine"), "0");
}

}  // namespace
}  // namespace tilesmith
