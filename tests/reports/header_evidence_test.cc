#include "reports/header_evidence.h"

#include <functional>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/reports/example_records.h"

namespace tilesmith {
namespace {

using testing::HasSubstr;

HeaderEntry Win() { return ExampleEntry("decode-flash", 8, 4096, "T_TILE=4,D_TILE=1024"); }

std::string DigestOf(const HeaderEntry& entry) {
  const std::vector<HeaderKernel> kernels = {{ExampleSpace(), {entry}}};
  return EvidenceDigest(LayOut(kernels));
}

TEST(JudgedEntryTest, IsTheChosenOneOrTheBestRivalOfTheDefault) {
  EXPECT_EQ(JudgedEntry(Win().duel)->config.ToString(), "T_TILE=4,D_TILE=1024");
  Duel tie = ExampleTie("p", 8, 4096, "T_TILE=16,D_TILE=512").duel;
  DuelEntry slower = tie.entries.back();
  slower.config = Config::Parse("T_TILE=1,D_TILE=512");
  slower.speedup = 0.5;
  tie.entries.push_back(slower);
  EXPECT_EQ(JudgedEntry(tie)->config.ToString(), "T_TILE=16,D_TILE=512");
  tie.entries.resize(1);
  EXPECT_EQ(JudgedEntry(tie), nullptr);
}

TEST(VerdictSummaryTest, SaysVerdictAndSpeedup) {
  EXPECT_EQ(VerdictSummary(Win().duel), "win 1.25x");
  EXPECT_EQ(VerdictSummary(Duel{}), "none");
}

TEST(EvidenceCommentTest, TellsAllThatTheNumbersRestOn) {
  EXPECT_EQ(
      EvidenceComment(Win()),
      "/// decode-flash (T=8,D=4096): win, 1.250x the default [1.200, 1.312] at 95 %, 40 rounds.\n"
      "/// Why: fastest of 3 contestants.\n"
      "/// Xeon 2.6 GHz, 2 cores; 2 threads; g++ 12.2.0 -O3 -march=native.\n");
}

TEST(EvidenceCommentTest, ATieSaysWhatItKeeps) {
  EXPECT_THAT(EvidenceComment(ExampleTie("p", 8, 4096, "T_TILE=16,D_TILE=512")),
              HasSubstr("tie, keeps the default; best rival T_TILE=16,D_TILE=512: 1.004x the"));
}

TEST(EvidenceCommentTest, NothingToCompareIsNoNumber) {
  HeaderEntry entry = Win();
  entry.duel.entries.clear();
  entry.duel.verdict = Verdict::kNone;
  EXPECT_THAT(EvidenceComment(entry), HasSubstr("none, nothing to compare with"));
}

TEST(EvidenceCommentTest, AnUnboundedIntervalIsPrintedAlikeEverywhere) {
  HeaderEntry entry = Win();
  entry.duel.verdict = Verdict::kUndecided;
  entry.duel.entries.back().ci_low = 0;
  entry.duel.entries.back().ci_high = std::numeric_limits<double>::infinity();
  EXPECT_THAT(EvidenceComment(entry), HasSubstr("[0.000, inf]"));
}

TEST(EvidenceDigestTest, ChangesWithEveryPieceOfEvidence) {
  const std::vector<std::function<void(HeaderEntry&)>> changes = {
      [](HeaderEntry& e) { e.duel.problem.name = "x"; },
      [](HeaderEntry& e) { e.duel.problem.dims[0].second = 9; },
      [](HeaderEntry& e) { e.duel.chosen = Config::Parse("T_TILE=1,D_TILE=1"); },
      [](HeaderEntry& e) { e.duel.verdict = Verdict::kTie; },
      [](HeaderEntry& e) { e.duel.rounds = 41; },
      [](HeaderEntry& e) { e.duel.entries[1].samples_ns[1] += 0.25F; },
      [](HeaderEntry& e) { e.duel.entries[1].ci_low = 1.1; },
      [](HeaderEntry& e) { e.duel.entries[0].role = "incumbent"; },
      [](HeaderEntry& e) { e.provenance.source_hash = "x"; },
      [](HeaderEntry& e) { e.provenance.flags = "-O2"; },
      [](HeaderEntry& e) { e.provenance.threads = 1; },
      [](HeaderEntry& e) { e.machine.fingerprint = "x"; }};
  std::set<std::string> digests = {DigestOf(Win())};
  for (const auto& change : changes) {
    HeaderEntry entry = Win();
    change(entry);
    digests.insert(DigestOf(entry));
  }
  EXPECT_EQ(digests.size(), changes.size() + 1);
}

TEST(EvidenceDigestTest, IgnoresRowIdsAndTimesOfDay) {
  HeaderEntry entry = Win();
  entry.duel.id = 7;
  entry.duel.session = 8;
  entry.duel.provenance = 9;
  entry.duel.created_at = "2024-01-01T00:00:00Z";
  EXPECT_EQ(DigestOf(entry), DigestOf(Win()));
}

}  // namespace
}  // namespace tilesmith
