#include "reports/digest.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace tilesmith {
namespace {

// The empty input's value is the published XXH3-128 test vector of length 0 and seed 0.
TEST(HexDigest, IsXxh3InCanonicalOrder) {
  EXPECT_EQ(HexDigest(""), "99aa06d3014798d86001c324468d497f");
}

TEST(HexDigest, DependsOnEveryByteZerosIncluded) {
  EXPECT_EQ(HexDigest("abc"), HexDigest(std::string("abc")));
  EXPECT_NE(HexDigest("abc"), HexDigest("abd"));
  EXPECT_NE(HexDigest(std::string("a\0", 2)), HexDigest("a"));
}

TEST(Digest, KeepsPartsApart) {
  const std::string joined = Digest().Add("abc").Hex();
  EXPECT_NE(Digest().Add("ab").Add("c").Hex(), Digest().Add("a").Add("bc").Hex());
  EXPECT_NE(Digest().Add("ab").Add("c").Hex(), joined);
  EXPECT_NE(Digest().Add("abc").Add("").Hex(), joined);
}

TEST(Digest, FramesPartsWithLittleEndianLengths) {
  const std::string framed("\x03\0\0\0\0\0\0\0abc", 11);
  EXPECT_EQ(Digest().Add("abc").Hex(), HexDigest(framed));
}

TEST(Digest, HexDoesNotEndIt) {
  Digest digest;
  digest.Add("a");
  const std::string first = digest.Hex();
  EXPECT_EQ(digest.Hex(), first);
  EXPECT_EQ(digest.Add("b").Hex(), Digest().Add("a").Add("b").Hex());
  const Digest moved = std::move(digest);
  EXPECT_EQ(moved.Hex(), Digest().Add("a").Add("b").Hex());
}

}  // namespace
}  // namespace tilesmith
