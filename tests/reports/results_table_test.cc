#include "reports/results_table.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/error.h"

namespace tilesmith {
namespace {

using testing::HasSubstr;

HeaderEntry Entry() {
  HeaderEntry entry;
  entry.duel.kernel = "hc_post";
  entry.duel.problem = {"decode-flash", {{"T", 8}}};
  DuelEntry base, best;
  base.config = Config({{"T_TILE", 4}, {"D_TILE", 512}});
  base.role = "default";
  base.median_ns = 2000;
  best.config = Config({{"T_TILE", 2}, {"D_TILE", 512}});
  best.median_ns = 1600;
  best.speedup = 1.25;
  best.ci_low = 1.2;
  best.ci_high = 1.3;
  best.verdict = Verdict::kWin;
  entry.duel.entries = {base, best};
  entry.duel.chosen = best.config;
  entry.duel.verdict = Verdict::kWin;
  entry.duel.gbytes_per_s = 12.34;
  entry.duel.gflops = 5.6;
  return entry;
}

TEST(ResultsTable, TellsBestAgainstDefault) {
  const HeaderEntry entry = Entry();
  const std::string text = ResultsTable({{&entry, {0.625, "DRAM"}}}).Render(Format::kMarkdown);
  EXPECT_THAT(text, HasSubstr("| hc_post | decode-flash | 2 us | 1.6 us | T_TILE=2 |"));
  EXPECT_THAT(text, HasSubstr("[1.200, 1.300]"));
  EXPECT_THAT(text, HasSubstr("12.3 GB/s"));
  EXPECT_THAT(text, HasSubstr("62 % of DRAM"));
}

TEST(ResultsTable, ArithmeticBoundsAreInFlops) {
  const HeaderEntry entry = Entry();
  const std::string text = ResultsTable({{&entry, {0.5, "VNNI"}}}).Render(Format::kMarkdown);
  EXPECT_THAT(text, HasSubstr("5.6 GFLOP/s"));
}

TEST(ReplaceGenerated, KeepsWhatAPersonWrote) {
  const std::string marks = std::string(kTableBegin) + "\nold\n" + std::string(kTableEnd);
  EXPECT_EQ(
      ReplaceGenerated("before\n" + marks + "\nafter\n", "p", "new\n"),
      "before\n" + std::string(kTableBegin) + "\nnew\n" + std::string(kTableEnd) + "\nafter\n");
}

TEST(ReplaceGenerated, WithoutMarksSaysWhatToAdd) {
  EXPECT_THROW(ReplaceGenerated("nothing\n", "README.md", "x"), UserError);
  EXPECT_THROW(ReplaceGenerated(std::string(kTableBegin), "README.md", "x"), UserError);
}

}  // namespace
}  // namespace tilesmith
