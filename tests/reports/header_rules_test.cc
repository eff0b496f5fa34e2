#include "reports/header_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/error.h"
#include "tests/reports/example_records.h"

namespace tilesmith {
namespace {

using testing::HasSubstr;
using testing::Not;

SpaceRecord SpaceWithRule(const std::string& cpp, const std::vector<std::string>& names) {
  SpaceRecord space = ExampleSpace();
  space.constraints = {{"rule", cpp, cpp, names}};
  return space;
}

TEST(RenderLegalTest, BindsUsedNamesAndQuotesTheRules) {
  EXPECT_EQ(RenderLegal(ExampleSpace()),
            "// clang-format off\n"
            "/// Whether the space's constraints allow the tiles for the shape.\n"
            "constexpr bool Legal(const Tiles& tiles, const Shape& shape) {\n"
            "  const long long T_TILE = tiles.T_TILE;\n"
            "  const long long D_TILE = tiles.D_TILE;\n"
            "  const long long l1d_bytes = 32768;\n"
            "  const long long D = shape.D;\n"
            "  // block fits L1: T_TILE * D_TILE * 4 <= l1d_bytes\n"
            "  if (!(T_TILE * D_TILE * 4 <= l1d_bytes)) return false;\n"
            "  // blocks are whole: D % D_TILE == 0\n"
            "  if (!(D % D_TILE == 0)) return false;\n"
            "  return true;\n"
            "}\n"
            "// clang-format on\n");
}

TEST(RenderLegalTest, WithoutRulesEverythingIsLegal) {
  SpaceRecord space = ExampleSpace();
  space.constraints.clear();
  EXPECT_THAT(RenderLegal(space),
              testing::EndsWith("(const Tiles&, const Shape&) { return true; }\n"));
}

TEST(RenderLegalTest, LeavesUnusedParametersUnnamed) {
  EXPECT_THAT(RenderLegal(SpaceWithRule("T_TILE <= 4", {"T_TILE"})),
              HasSubstr("Legal(const Tiles& tiles, const Shape&) {"));
  EXPECT_THAT(RenderLegal(SpaceWithRule("T <= l1d_bytes", {"T", "l1d_bytes"})),
              HasSubstr("Legal(const Tiles&, const Shape& shape) {"));
}

TEST(RenderLegalTest, ParametersGiveWayToTilesOfTheirNames) {
  SpaceRecord space = SpaceWithRule("tiles <= shape", {"tiles", "shape"});
  space.tiles = {"tiles"};
  space.dims = {"shape"};
  const std::string text = RenderLegal(space);
  EXPECT_THAT(text, HasSubstr("const long long tiles = tiles_.tiles;"));
  EXPECT_THAT(text, HasSubstr("const long long shape = shape_.shape;"));
}

TEST(RenderLegalTest, GuardsDivisionsByDimensions) {
  const std::string guard = "if (!(D > 0)) return false;";
  EXPECT_THAT(RenderLegal(SpaceWithRule("D % D_TILE == 0", {"D", "D_TILE"})),
              Not(HasSubstr(guard)));
  EXPECT_THAT(RenderLegal(SpaceWithRule("D / 2LL >= D_TILE", {"D", "D_TILE"})),
              Not(HasSubstr(guard)));
  EXPECT_THAT(RenderLegal(SpaceWithRule("D_TILE % D == 0", {"D", "D_TILE"})), HasSubstr(guard));
  EXPECT_THAT(RenderLegal(SpaceWithRule("8 / (D - D_TILE) == 0", {"D", "D_TILE"})),
              HasSubstr(guard));
  // Only of the dimensions that the rule uses.
  EXPECT_THAT(RenderLegal(SpaceWithRule("D_TILE % D == 0", {"D", "D_TILE"})),
              Not(HasSubstr("(T > 0)")));
}

TEST(RenderLegalTest, RefusesARuleOverAnUnknownName) {
  try {
    RenderLegal(SpaceWithRule("l9_bytes > 0", {"l9_bytes"}));
    FAIL() << "no error";
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("hc_post"));
    EXPECT_THAT(error.what(), HasSubstr("'l9_bytes'"));
  }
}

}  // namespace
}  // namespace tilesmith
