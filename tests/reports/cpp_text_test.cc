#include "reports/cpp_text.h"

#include <gtest/gtest.h>

namespace tilesmith {
namespace {

TEST(IsCppIdentifierTest, RefusesKeywordsReservedNamesAndOddCharacters) {
  for (const char* good : {"T_TILE", "T", "_t", "x2", "default_"}) {
    EXPECT_TRUE(IsCppIdentifier(good)) << good;
  }
  for (const char* bad : {"", "2x", "a-b", "a b", "for", "linux", "a__b", "_T", "µ", "alignas"}) {
    EXPECT_FALSE(IsCppIdentifier(bad)) << bad;
  }
}

TEST(ConstantNameTest, IsCamelCaseBehindK) {
  EXPECT_EQ(ConstantName("decode-flash"), "kDecodeFlash");
  EXPECT_EQ(ConstantName("decode_pro.v2"), "kDecodeProV2");
  EXPECT_EQ(ConstantName("8k"), "k8k");
  EXPECT_EQ(ConstantName("for"), "kFor");
  EXPECT_EQ(ConstantName("t8-4096"), "kT8_4096");
  EXPECT_EQ(ConstantName("t84096"), "kT84096");
  EXPECT_EQ(ConstantName("µ"), "kProblem");
  EXPECT_EQ(ConstantName(""), "kProblem");
}

TEST(ConstantNameTest, IsAnIdentifierOfABoundedLengthWhateverTheName) {
  const std::string long_name(300, 'x');
  for (const std::string& name : {long_name, std::string("a\n\"b\\"), std::string("--"),
                                  std::string("__x"), std::string("\0", 1)}) {
    EXPECT_TRUE(IsCppIdentifier(ConstantName(name))) << name;
    EXPECT_LE(ConstantName(name).size(), 48U);
  }
}

TEST(NamespaceNameTest, KeepsIdentifiersAndMendsOthers) {
  EXPECT_EQ(NamespaceName("hc_post"), "hc_post");
  EXPECT_EQ(NamespaceName("for"), "for_");
  EXPECT_EQ(NamespaceName("8x"), "kernel_8x");
  EXPECT_EQ(NamespaceName("a--b.c"), "a_b_c");
  EXPECT_EQ(NamespaceName("-"), "kernel");
  EXPECT_EQ(NamespaceName("_Reserved"), "Reserved");
}

TEST(NameScopeTest, HandsOutEachNameOnce) {
  NameScope scope({"kDefault"});
  EXPECT_EQ(scope.Claim("kDefault"), "kDefault2");
  EXPECT_EQ(scope.Claim("kDefault"), "kDefault3");
  EXPECT_EQ(scope.Claim("kA"), "kA");
  EXPECT_EQ(scope.Claim("kA2"), "kA2");
  EXPECT_EQ(scope.Claim("kA"), "kA3");
  EXPECT_EQ(scope.Claim("kA2"), "kA2_2");
}

TEST(PlainTextTest, LeavesNothingThatCompilersOrTerminalsMind) {
  EXPECT_EQ(PlainText("g++ 12"), "g++ 12");
  EXPECT_EQ(PlainText("a\nb\\"), "a b/");
  EXPECT_EQ(PlainText("5 µs"), "5 _s");
  EXPECT_EQ(PlainText("\x1b[31m\xE2\x80\xAE"), "_[31m_");  // a colour, and right-to-left override
}

TEST(StringLiteralTest, EscapesQuotesBackslashesTrigraphsAndOtherBytes) {
  EXPECT_EQ(StringLiteral("a"), "\"a\"");
  EXPECT_EQ(StringLiteral("\"\\"), R"("\"\\")");
  EXPECT_EQ(StringLiteral("?\?/"), R"("?\?/")");
  EXPECT_EQ(StringLiteral("\n1µ"), R"("\0121\302\265")");
}

TEST(CommentTest, WrapsAtTheLastColumn) {
  EXPECT_EQ(Comment("//", "one  two"), "// one two\n");
  EXPECT_EQ(Comment("//", ""), "//\n");
  const std::string word(48, 'x');  // 2 + 2 * 49 = 100
  EXPECT_EQ(Comment("//", word + " " + word), "// " + word + " " + word + "\n");
  EXPECT_EQ(Comment("//", word + " " + word + "y"), "// " + word + "\n// " + word + "y\n");
}

TEST(UnformattedTest, GuardsWideLinesOnly) {
  const std::string fits = std::string(100, 'x') + "\n";
  const std::string wide = std::string(101, 'x') + "\n";
  EXPECT_EQ(Unformatted(fits), fits);
  EXPECT_EQ(Unformatted("a\n" + wide), "// clang-format off\na\n" + wide + "// clang-format on\n");
  EXPECT_EQ(Unformatted("a\n", true), "// clang-format off\na\n// clang-format on\n");
}

}  // namespace
}  // namespace tilesmith
