#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/generated_header.h"
#include "tests/reports/example_records.h"

namespace tilesmith {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

HeaderContents Contents() { return {{ExampleKernel()}, {}}; }

HeaderKernel OtherKernel() {
  HeaderKernel kernel = ExampleKernel();
  kernel.space.kernel = "rms_norm";
  kernel.entries.resize(1);
  return kernel;
}

// What CheckHeader says when the header was generated from `committed` and the database holds
// `now`.
std::vector<std::string> Check(const HeaderContents& now, const HeaderContents& committed) {
  return CheckHeader(now, GenerateHeader(committed.kernels));
}

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TEST(CheckHeaderTest, TheSameIsEmpty) { EXPECT_THAT(Check(Contents(), Contents()), IsEmpty()); }

TEST(CheckHeaderTest, NamesTheTilesThatDiffer) {
  HeaderContents committed = Contents();
  committed.kernels[0].entries[1].duel.chosen = Config::Parse("T_TILE=4,D_TILE=1024");
  EXPECT_THAT(
      Check(Contents(), committed),
      ElementsAre("hc_post decode-pro: committed T_TILE=4, database says T_TILE=2 (win 1.25x)"));
}

TEST(CheckHeaderTest, NamesMissingAndExtraEntries) {
  HeaderContents fewer = Contents();
  fewer.kernels[0].entries.pop_back();
  EXPECT_THAT(Check(Contents(), fewer),
              ElementsAre("hc_post prefill: the committed header does not have it, database says "
                          "D_TILE=512,T_TILE=8 (tie 1.00x)"));
  EXPECT_THAT(Check(fewer, Contents()),
              ElementsAre("hc_post prefill: committed D_TILE=512,T_TILE=8, the database does not "
                          "have it"));
}

TEST(CheckHeaderTest, NamesMissingAndExtraKernels) {
  HeaderContents more = Contents();
  more.kernels.push_back(OtherKernel());
  EXPECT_THAT(Check(more, Contents()),
              ElementsAre("rms_norm: the committed header does not have this kernel"));
  EXPECT_THAT(Check(Contents(), more),
              ElementsAre("rms_norm: only the committed header has this kernel, not the database"));
}

TEST(CheckHeaderTest, NewerEvidenceForTheSameTilesIsADifference) {
  HeaderContents now = Contents();
  now.kernels[0].entries[0].duel.entries.back().speedup = 1.3;
  EXPECT_THAT(Check(now, Contents()),
              ElementsAre("hc_post decode-flash: same tiles, other evidence; database says (win "
                          "1.30x)"));
}

TEST(CheckHeaderTest, AStaleEntryFailsAHeaderThatIsTheSame) {
  HeaderContents now = Contents();
  now.kernels[0].entries.pop_back();
  now.left_out = {"hc_post prefill: the kernel source changed"};
  const std::string same = GenerateHeader(now.kernels);
  EXPECT_THAT(CheckHeader(now, same), ElementsAre("hc_post prefill: the kernel source changed"));
}

TEST(CheckHeaderTest, AStaleEntryIsNamedOnce) {
  HeaderContents now = Contents();
  now.kernels[0].entries.pop_back();
  now.left_out = {"hc_post prefill: the kernel source changed"};
  EXPECT_THAT(Check(now, Contents()), ElementsAre("hc_post prefill: the kernel source changed"));
}

TEST(CheckHeaderTest, NamesKernelsWhoseDefaultOrConstraintsChanged) {
  HeaderContents now = Contents();
  now.kernels[0].space.default_config = Config::Parse("T_TILE=1,D_TILE=512");
  EXPECT_THAT(Check(now, Contents()),
              ElementsAre("hc_post default: committed T_TILE=8, database says T_TILE=1"));
  now = Contents();
  now.kernels[0].space.machine_facts[0].second = 49152;
  EXPECT_THAT(Check(now, Contents()),
              ElementsAre("hc_post: its sizes, constraints or code differ"));
}

TEST(CheckHeaderTest, AReformattedHeaderIsReadAndStillNotTheSame) {
  const HeaderContents now = Contents();
  const std::string text = GenerateHeader(now.kernels);
  const std::string other =
      Replaced(text, "Tiles kDecodePro = {.T_TILE = 2, .D_TILE = 1024};",
               "Tiles kDecodePro = {\n    .T_TILE =4,\n  .D_TILE = 1024,\n};");
  EXPECT_THAT(
      CheckHeader(now, other),
      ElementsAre("hc_post decode-pro: committed T_TILE=4, database says T_TILE=2 (win 1.25x)"));
}

TEST(CheckHeaderTest, AnyOtherByteIsToldByItsLine) {
  const HeaderContents now = Contents();
  const std::string text = GenerateHeader(now.kernels);
  EXPECT_THAT(CheckHeader(now, Replaced(text, "digest ", "digest 0")),
              ElementsAre(testing::StartsWith("line 8: committed '// Evidence: problems 3, kernels "
                                              "1, digest 0")));
  EXPECT_THAT(CheckHeader(now, text + "\n"), ElementsAre(testing::StartsWith("line 182: ")));
  EXPECT_THAT(CheckHeader(now, Replaced(text, "\n#pragma once", "\r\n#pragma once")),
              ElementsAre(testing::StartsWith("line 11: ")));
}

TEST(CheckHeaderTest, RubbishIsAHeaderWithoutKernels) {
  for (const char* text : {"", "{", "namespace tuned::", "inline constexpr Tiles k = {.A"}) {
    const std::vector<std::string> lines = CheckHeader(Contents(), text);
    ASSERT_FALSE(lines.empty());
    EXPECT_THAT(lines,
                testing::Contains("hc_post: the committed header does not have this kernel"));
  }
}

TEST(CheckHeaderTest, ATruncatedHeaderIsNotTheSame) {
  const std::string text = GenerateHeader(Contents().kernels);
  for (std::size_t size = 0; size < text.size(); size += 97) {
    EXPECT_FALSE(CheckHeader(Contents(), text.substr(0, size)).empty()) << size;
  }
}

}  // namespace
}  // namespace tilesmith
