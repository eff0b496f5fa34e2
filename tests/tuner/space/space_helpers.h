// Small search spaces for tests.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "results/error.h"
#include "tuner/space/space.h"

namespace tilesmith {

// What the statement throws, or "" when it does not.
template <typename Statement>
std::string ErrorOf(const Statement& statement) {
  try {
    statement();
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

// Constraints are named "rule EXPRESSION" and stand on lines 10, 11, …
inline SpaceDefinition Definition(std::vector<Tile> tiles,
                                  const std::vector<std::string>& constraints) {
  SpaceDefinition definition;
  definition.kernel = "k";
  definition.tiles = std::move(tiles);
  for (const std::string& text : constraints) {
    const int line = static_cast<int>(definition.constraints.size()) + 10;
    definition.constraints.push_back({"rule " + text, Expression::Parse(text), line});
  }
  return definition;
}

inline const Problem& Decode() {
  static const Problem problem = {"decode-pro", {{"D", 24}}};
  return problem;
}

}  // namespace tilesmith
