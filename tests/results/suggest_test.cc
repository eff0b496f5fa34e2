#include "results/suggest.h"

#include <gtest/gtest.h>

namespace tilesmith {
namespace {

TEST(EditDistanceTest, CountsEdits) {
  EXPECT_EQ(EditDistance("", ""), 0u);
  EXPECT_EQ(EditDistance("", "abc"), 3u);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3u);   // k→s, e→i, +g
  EXPECT_EQ(EditDistance("hc_psot", "hc_post"), 1u);  // neighbours swapped
  EXPECT_EQ(EditDistance("T_TILE", "t_tile"), 0u);
  EXPECT_EQ(EditDistance("abc", "c"), 2u);
}

TEST(SuggestTest, NamesTheNearest) {
  const std::vector<std::string> known = {"hc_pre", "hc_post", "rmsnorm"};
  EXPECT_EQ(Suggest("hc_psot", known), "; did you mean 'hc_post'?");
  EXPECT_EQ(Suggest("HC_POST", known), "; did you mean 'hc_post'?");
  EXPECT_EQ(Suggest("rms", known), "; did you mean 'rmsnorm'?");
  EXPECT_EQ(Suggest("hc_pr", known), "; did you mean 'hc_pre'?");
}

TEST(SuggestTest, ListsWhatIsKnownWhenNothingIsNear) {
  EXPECT_EQ(Suggest("sparse_attention", {"hc_pre", "rmsnorm"}), "; known: hc_pre, rmsnorm");
  EXPECT_EQ(Suggest("x", {"T", "D"}), "; known: T, D");
  EXPECT_EQ(Suggest("anything", {}), "");
}

TEST(SuggestTest, ListsAtMostADozen) {
  std::vector<std::string> known;
  for (char c = 'a'; c <= 'z'; ++c) known.push_back(std::string(8, c));
  const std::string text = Suggest("0", known);
  EXPECT_NE(text.find("llllllll, … (26 in all)"), std::string::npos) << text;
  EXPECT_EQ(text.find("mmmmmmmm"), std::string::npos) << text;
}

}  // namespace
}  // namespace tilesmith
