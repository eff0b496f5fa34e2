#include "results/config.h"

#include <gtest/gtest.h>

#include "results/error.h"

namespace tilesmith {
namespace {

TEST(ConfigTest, CanonicalStringKeepsTheOrder) {
  const Config config({{"T_TILE", 4}, {"D_TILE", 512}, {"ROPE_SPMD_TILE", -1}});
  EXPECT_EQ(config.ToString(), "T_TILE=4,D_TILE=512,ROPE_SPMD_TILE=-1");
  EXPECT_EQ(Config::Parse(config.ToString()), config);
}

TEST(ConfigTest, ParsesBlanksAndNothing) {
  EXPECT_EQ(Config::Parse(" T_TILE = 4 ,\tD_TILE=512 ").ToString(), "T_TILE=4,D_TILE=512");
  EXPECT_TRUE(Config::Parse("").empty());
  EXPECT_TRUE(Config::Parse("  ").empty());
  EXPECT_EQ(Config().ToString(), "");
}

TEST(ConfigTest, RejectsWhatItCannotRead) {
  for (const char* text :
       {"T_TILE", "T_TILE=", "=4", "T_TILE=4,", ",T_TILE=4", "T_TILE=4x", "T_TILE=4.5", "T TILE=4",
        "4T=4", "T_TILE=4;D=5", "T_TILE==4", "T_TILE=99999999999999999999", "T_TILE=0x10"}) {
    EXPECT_THROW(Config::Parse(text), UserError) << text;
  }
}

TEST(ConfigTest, RejectsATileNamedTwice) {
  try {
    Config::Parse("A=1,B=2,A=1");
    FAIL();
  } catch (const UserError& error) {
    EXPECT_STREQ(error.what(), "config 'A=1,B=2,A=1': 'A' is named twice; keep one of them");
    EXPECT_EQ(error.code(), Exit::kUsage);
  }
}

TEST(ConfigTest, FindsTiles) {
  const Config config = Config::Parse("A=1,AB=2");
  ASSERT_NE(config.Find("AB"), nullptr);
  EXPECT_EQ(*config.Find("AB"), 2);
  EXPECT_EQ(config.Find("B"), nullptr);
}

TEST(ConfigTest, OrderAndEqualityLookAtNamesAndValues) {
  EXPECT_LT(Config::Parse("A=2"), Config::Parse("A=10"));
  EXPECT_NE(Config::Parse("A=1,B=2"), Config::Parse("B=2,A=1"));
}

TEST(ErrorDeathTest, ABrokenInvariantAborts) {
  EXPECT_DEATH(TILESMITH_CHECK(1 + 1 == 3),
               "config_test.cc:[0-9]+: broken invariant: 1 \\+ 1 == 3");
}

}  // namespace
}  // namespace tilesmith
