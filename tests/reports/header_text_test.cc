#include "reports/header_text.h"

#include <gtest/gtest.h>

#include "reports/generated_header.h"
#include "tests/reports/example_records.h"

namespace tilesmith {
namespace {

TEST(ReadHeaderTextTest, ReadsWhatGenerateHeaderWrote) {
  const HeaderText text = ReadHeaderText(GenerateHeader({ExampleKernel()}));
  ASSERT_EQ(text.kernels.size(), 1U);
  const HeaderText::Kernel& kernel = text.kernels.at("hc_post");
  ASSERT_EQ(kernel.constants.size(), 4U);
  const HeaderText::Constant& flash = kernel.constants.at("kDecodeFlash");
  EXPECT_EQ(flash.problem, "decode-flash");
  EXPECT_EQ(flash.tiles.at("T_TILE"), "4");
  EXPECT_EQ(flash.tiles.at("D_TILE"), "1024");
  EXPECT_TRUE(flash.evidence.starts_with("decode-flash (T=8,D=4096): win, 1.250x"));
  EXPECT_TRUE(flash.evidence.ends_with("-O3 -march=native."));
  EXPECT_EQ(kernel.constants.at("kDefault").problem, "default");
  EXPECT_NE(kernel.code.find("D % D_TILE"), std::string::npos);
  EXPECT_EQ(kernel.code.find("kDecodeFlash = "), std::string::npos);
}

TEST(ReadHeaderTextTest, AConstantWithoutATableKeepsItsIdentifier) {
  const HeaderText text =
      ReadHeaderText("namespace tuned::x {\n  inline constexpr Tiles kA = {\n.B=-1 };\n}\n");
  EXPECT_EQ(text.kernels.at("x").constants.at("kA").problem, "kA");
  EXPECT_EQ(text.kernels.at("x").constants.at("kA").tiles.at("B"), "-1");
}

TEST(ReadHeaderTextTest, KnowsNothingOfOtherTexts) {
  EXPECT_TRUE(ReadHeaderText("").kernels.empty());
  EXPECT_TRUE(ReadHeaderText("inline constexpr Tiles kA = {.B = 1};\n").kernels.empty());
}

}  // namespace
}  // namespace tilesmith
