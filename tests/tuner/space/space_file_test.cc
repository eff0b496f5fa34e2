#include "tuner/space/space_file.h"

#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/error.h"

namespace tilesmith {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

// Line numbers matter below: every test replaces lines of this file by number.
const std::vector<std::string>& Good() {
  static const std::vector<std::string> lines = {
      "kernel = \"hc_post\"",                                  // 1
      "[tiles]",                                               // 2
      "T_TILE = [1, 2, 4, 8]",                                 // 3
      "D_TILE = [512, 256]",                                   // 4
      "[default]",                                             // 5
      "D_TILE = 512",                                          // 6
      "T_TILE = 4",                                            // 7
      "[constraints]",                                         // 8
      "\"working set fits L2\" = \"T_TILE * D <= l2_bytes\"",  // 9
      "\"even\" = 'D % D_TILE == 0'",                          // 10
      "[blocks]",                                              // 11
      "T = [\"T_TILE\", \"2 * T_TILE\"]",                      // 12
      "[[problem]]",                                           // 13
      "name = \"decode-flash\"",                               // 14
      "T = 8",                                                 // 15
      "D = 4096",                                              // 16
      "[[problem]]",                                           // 17
      "name = \"decode-pro\"",                                 // 18
      "D = 7168",                                              // 19
      "T = 8",                                                 // 20
      "[[ragged]]",                                            // 21
      "T = 13",                                                // 22
      "D = 99",                                                // 23
      "[[ragged]]",                                            // 24
      "name = \"one\"",                                        // 25
      "T = 1",                                                 // 26
      "D = 1",                                                 // 27
  };
  return lines;
}

std::string Path() { return testing::TempDir() + "hc_post.toml"; }

SpaceDefinition Load(const std::string& text) {
  std::ofstream(Path(), std::ios::binary) << text;
  return LoadSpaceFile(Path());
}

// The good file with one line replaced; "" leaves the line empty, so that the numbers stay.
std::string With(std::size_t number, const std::string& line) {
  std::string text;
  for (std::size_t i = 0; i < Good().size(); ++i) {
    text += (i + 1 == number ? line : Good()[i]) + "\n";
  }
  return text;
}

// Without lines first … last.
std::string Without(std::size_t first, std::size_t last) {
  std::string text;
  for (std::size_t i = 0; i < Good().size(); ++i) {
    text += (i + 1 >= first && i + 1 <= last ? "" : Good()[i]) + "\n";
  }
  return text;
}

// What loading throws, with the file's path cut off: ":3: …".
std::string Mistake(const std::string& text) {
  try {
    Load(text);
  } catch (const UserError& error) {
    const std::string what = error.what();
    EXPECT_THAT(what, StartsWith(Path()));
    EXPECT_EQ(what.find('\n'), std::string::npos) << what;
    return what.substr(Path().size());
  }
  return "none";
}

TEST(SpaceFileTest, ReadsEverythingInTheFilesOrder) {
  const SpaceDefinition space = Load(With(0, ""));
  EXPECT_EQ(space.kernel, "hc_post");
  EXPECT_EQ(space.file, Path());
  ASSERT_EQ(space.tiles.size(), 2u);
  EXPECT_EQ(space.tiles[0].name, "T_TILE");
  EXPECT_THAT(space.tiles[0].values, ElementsAre(1, 2, 4, 8));
  EXPECT_THAT(space.tiles[1].values, ElementsAre(512, 256));
  EXPECT_EQ(space.default_config.ToString(), "T_TILE=4,D_TILE=512");
  ASSERT_EQ(space.constraints.size(), 2u);
  EXPECT_EQ(space.constraints[0].name, "working set fits L2");
  EXPECT_EQ(space.constraints[0].expression.ToString(), "T_TILE * D <= l2_bytes");
  EXPECT_EQ(space.constraints[0].line, 9);
  EXPECT_EQ(space.constraints[1].line, 10);
  ASSERT_EQ(space.blocks.at("T").size(), 2u);
  EXPECT_EQ(space.blocks.at("T")[1].ToString(), "2 * T_TILE");
}

TEST(SpaceFileTest, ProblemsHaveTheDimensionsOfTheFirstInItsOrder) {
  const SpaceDefinition space = Load(With(0, ""));
  ASSERT_EQ(space.problems.size(), 2u);
  EXPECT_EQ(space.problems[0].name, "decode-flash");
  EXPECT_EQ(ToString(space.problems[0].dims), "T=8,D=4096");
  EXPECT_EQ(ToString(space.problems[1].dims), "T=8,D=7168");
  ASSERT_EQ(space.ragged.size(), 2u);
  EXPECT_EQ(space.ragged[0].name, "ragged-1");
  EXPECT_EQ(space.ragged[1].name, "one");
  EXPECT_EQ(ToString(space.ragged[0].dims), "T=13,D=99");
}

TEST(SpaceFileTest, ConstraintsAndBlocksAreOptional) {
  const SpaceDefinition space = Load(Without(8, 12));
  EXPECT_TRUE(space.constraints.empty());
  EXPECT_TRUE(space.blocks.empty());
}

TEST(SpaceFileTest, Unreadable) {
  try {
    LoadSpaceFile(testing::TempDir() + "absent.toml");
    FAIL();
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("absent.toml': No such file or directory"));
  }
  try {
    LoadSpaceFile(testing::TempDir());
    FAIL();
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("it is a folder"));
  }
}

TEST(SpaceFileTest, Syntax) {
  EXPECT_THAT(Mistake(With(3, "T_TILE = [1, 2")), StartsWith(":"));
  EXPECT_THAT(Mistake(With(7, "T_TILE =")), StartsWith(":7: "));
  EXPECT_THAT(Mistake(With(14, "name = \"decode")), StartsWith(":14: "));
}

TEST(SpaceFileTest, DefinedTwice) {
  EXPECT_EQ(Mistake(With(4, "T_TILE = [3]")), ":4: tile 'T_TILE' is defined twice; keep one list");
  EXPECT_EQ(Mistake(With(6, "T_TILE = 2")), ":7: the default of 'T_TILE' is given twice; keep one");
  EXPECT_EQ(Mistake(With(10, "\"working set fits L2\" = '1'")),
            ":10: constraint 'working set fits L2' is defined twice; keep one, or rename it");
  EXPECT_EQ(Mistake(With(16, "T = 4096")), ":16: 'T' is defined twice; keep one");
  EXPECT_EQ(Mistake(With(8, "[tiles]")), ":8: [tiles] appears twice; keep one");
}

TEST(SpaceFileTest, TopLevel) {
  EXPECT_EQ(Mistake(With(2, "[tile]")), ":2: unknown key 'tile'; did you mean 'tiles'?");
  EXPECT_EQ(Mistake(With(1, "")),
            ":1: 'kernel' is missing; add a line such as kernel = \"hc_post\"");
  EXPECT_EQ(Mistake(With(1, "kernel = 3")), ":1: 'kernel' must be a text in quotes");
  EXPECT_EQ(Mistake(Without(2, 4)),
            ":1: 'tiles' is missing; list each tile's values under [tiles]");
  EXPECT_THAT(Mistake(Without(5, 7)), StartsWith(":1: 'default' is missing; every speed-up"));
  EXPECT_EQ(Mistake(Without(13, 20)), ":1: 'problem' is missing; add a [[problem]]");
  EXPECT_THAT(Mistake(Without(21, 27)), StartsWith(":1: 'ragged' is missing; add a [[ragged]]"));
  EXPECT_EQ(Mistake(Without(3, 4)), ":2: [tiles] is empty; there is nothing to tune");
}

TEST(SpaceFileTest, Tiles) {
  EXPECT_EQ(Mistake(With(3, "T_TILE = 4")),
            ":3: tile 'T_TILE' must be a list of whole numbers, such as [1, 2, 4]");
  EXPECT_EQ(Mistake(With(3, "T_TILE = []")), ":3: tile 'T_TILE' has no values");
  EXPECT_EQ(Mistake(With(3, "T_TILE = [1, 2.5]")),
            ":3: a value of tile 'T_TILE' must be a whole number");
  EXPECT_EQ(Mistake(With(3, "T_TILE = [1, \"2\"]")),
            ":3: a value of tile 'T_TILE' must be a whole number");
  EXPECT_EQ(Mistake(With(3, "T_TILE = [4, 0]")),
            ":3: a value of tile 'T_TILE' is 0; it must be above zero");
  EXPECT_EQ(Mistake(With(3, "T_TILE = [4, -8]")),
            ":3: a value of tile 'T_TILE' is -8; it must be above zero");
  EXPECT_EQ(Mistake(With(3, "T_TILE = [4, 8, 4]")), ":3: tile 'T_TILE' lists 4 twice");
  EXPECT_THAT(Mistake(With(3, "T-TILE = [4]")), StartsWith(":3: tile 'T-TILE' is no name that"));
  EXPECT_THAT(Mistake(With(3, "not = [4]")), StartsWith(":3: tile 'not' is no name that"));
  EXPECT_EQ(Mistake(With(3, "cores = [4]")),
            ":3: tile 'cores' has the name of a machine fact; rename it");
}

TEST(SpaceFileTest, MistakesWithinALongListHaveTheirOwnLine) {
  EXPECT_EQ(Mistake(With(3, "T_TILE = [\n  1,\n  -2,\n]")),
            ":5: a value of tile 'T_TILE' is -2; it must be above zero");
}

TEST(SpaceFileTest, Defaults) {
  EXPECT_EQ(Mistake(With(7, "T_TIEL = 4")),
            ":7: [default] names 'T_TIEL', no tile; did you mean 'T_TILE'?");
  EXPECT_EQ(Mistake(With(7, "")), ":5: [default] lacks 'T_TILE'");
  EXPECT_EQ(Mistake(With(7, "T_TILE = 3")),
            ":7: the default of 'T_TILE' is 3, none of its values (1, 2, 4, 8)");
  EXPECT_EQ(Mistake(With(7, "T_TILE = 4.0")), ":7: the default of 'T_TILE' must be a whole number");
}

TEST(SpaceFileTest, Constraints) {
  EXPECT_EQ(Mistake(With(9, "\"fits\" = \"T_TILE * <= 4\"")),
            ":9: constraint 'fits': expected a value after '*' at column 10: T_TILE * <= 4");
  EXPECT_EQ(Mistake(With(9, "\"fits\" = \"T_TILE <= l2_byte\"")),
            ":9: constraint 'fits': unknown name 'l2_byte'; did you mean 'l2_bytes'?");
  EXPECT_EQ(Mistake(With(9, "\"fits\" = 3")), ":9: constraint 'fits' must be a text in quotes");
  EXPECT_THAT(Mistake(With(8, "constraints = 3")), StartsWith(":"));
}

// The good file with one more line at the end of its [blocks]: number 13.
std::string WithSection(const std::string& section) {
  return With(12, Good()[11] + "\n" + section);
}

TEST(SpaceFileTest, TilesAreOfClassEUnlessListed) {
  const SpaceDefinition plain = Load(With(0, ""));
  EXPECT_FALSE(plain.tiles[0].reorders);
  EXPECT_FALSE(plain.tiles[1].reorders);
  const SpaceDefinition one = Load(WithSection("[classes]\nR = [\"D_TILE\"]"));
  EXPECT_FALSE(one.tiles[0].reorders);
  EXPECT_TRUE(one.tiles[1].reorders);
  const SpaceDefinition both = Load(WithSection("[classes]\nR = [\"D_TILE\", \"T_TILE\"]"));
  EXPECT_TRUE(both.tiles[0].reorders);
  EXPECT_TRUE(both.tiles[1].reorders);
  EXPECT_FALSE(Load(WithSection("[classes]\nR = []")).tiles[1].reorders);
}

TEST(SpaceFileTest, Classes) {
  EXPECT_EQ(Mistake(WithSection("[classes]\nR = [\"D_TIEL\"]")),
            ":14: [classes] names 'D_TIEL', no tile; did you mean 'D_TILE'?");
  EXPECT_EQ(Mistake(WithSection("[classes]\nR = [\"D\"]")),  // a dimension
            ":14: [classes] names 'D', no tile; known: T_TILE, D_TILE");
  EXPECT_EQ(Mistake(WithSection("[classes]\nE = [\"D_TILE\"]")),
            ":14: [classes] holds R = [tiles that change the order of a sum], not 'E'");
  EXPECT_THAT(Mistake(WithSection("[classes]\nR = \"D_TILE\"")),
              StartsWith(":14: [classes] holds"));
  EXPECT_EQ(Mistake(WithSection("[classes]\nR = [512]")),
            ":14: a tile of class R must be a text in quotes");
  EXPECT_THAT(Mistake(WithSection("[class]\nR = [\"D_TILE\"]")),
              StartsWith(":13: unknown key 'class'; did you mean 'classes'?"));
}

TEST(SpaceFileTest, Blocks) {
  EXPECT_THAT(Mistake(With(12, "TT = [\"T_TILE\"]")),
              StartsWith(":12: [blocks] names 'TT', no dim"));
  EXPECT_EQ(Mistake(With(12, "T = \"T_TILE\"")),
            ":12: blocks of 'T' must be a list of expressions, such as [\"T_TILE\"]");
  EXPECT_EQ(Mistake(With(12, "T = []")),
            ":12: blocks of 'T' must be a list of expressions, such as [\"T_TILE\"]");
  EXPECT_EQ(Mistake(With(12, "T = [\"T + 1\"]")), ":12: a block of 'T': T + 1 uses no tile");
  EXPECT_EQ(Mistake(With(12, "T = [\"T_TIEL\"]")),
            ":12: a block of 'T': unknown name 'T_TIEL'; did you mean 'T_TILE'?");
}

TEST(SpaceFileTest, Problems) {
  EXPECT_EQ(Mistake(With(14, "")), ":13: a [[problem]] lacks its name; add name = \"…\"");
  EXPECT_EQ(Mistake(With(18, "name = \"decode-flash\"")),
            ":17: two problems are named 'decode-flash'");
  EXPECT_EQ(Mistake(With(20, "")),
            ":17: problem 'decode-pro' lacks 'T', a dimension that 'decode-flash' has");
  EXPECT_THAT(
      Mistake(With(19, "DD = 7168")),
      StartsWith(":17: problem 'decode-pro' has 'DD', a dimension that 'decode-flash' lacks"));
  EXPECT_EQ(Mistake(With(23, "")),
            ":21: problem 'ragged-1' lacks 'D', a dimension that 'decode-flash' has");
  EXPECT_EQ(Mistake(With(15, "T = 0")), ":15: dimension 'T' is 0; it must be above zero");
  EXPECT_EQ(Mistake(With(15, "T = 8.5")), ":15: dimension 'T' must be a whole number");
  EXPECT_EQ(Mistake(With(15, "T_TILE = 8")), ":15: 'T_TILE' is a tile and a dimension; rename one");
  EXPECT_THAT(Mistake("problem = 3\n" + Without(13, 20)),
              EndsWith("'problem' must be one or more sections: [[problem]]"));
  EXPECT_THAT(Mistake(Without(14, 16)), StartsWith(":13: a [[problem]] lacks its name"));
  EXPECT_EQ(Mistake(Without(15, 16)), ":13: problem 'decode-flash' has no dimensions");
}

}  // namespace
}  // namespace tilesmith
