#include <fmt/format.h>

#include "reports/digest.h"
#include "results/error.h"
#include "results/suggest.h"
#include "tuner/space/space.h"

namespace tilesmith {

const std::vector<std::string>& MachineFactNames() {
  static const std::vector<std::string> names = {"l1d_bytes", "l2_bytes", "llc_bytes",
                                                 "vector_bytes", "cores"};
  return names;
}

const Problem* SpaceDefinition::FindProblem(std::string_view name) const {
  for (const Problem& problem : problems) {
    if (problem.name == name) return &problem;
  }
  return nullptr;
}

const Problem& SpaceDefinition::GetProblem(std::string_view name) const {
  if (const Problem* problem = FindProblem(name)) return *problem;
  std::vector<std::string> known;
  for (const Problem& problem : problems) known.push_back(problem.name);
  throw UserError(fmt::format("{}{}{} has no problem '{}'{}", file, file.empty() ? "" : ": ",
                              kernel.empty() ? "the space" : kernel, name, Suggest(name, known)));
}

std::string SpaceDefinition::TruthHash() const {
  Digest digest;
  // A word before each part keeps a tile from passing for a ragged problem.
  for (const Tile& tile : tiles) digest.Add("tile").Add(tile.name);
  for (const Problem& problem : ragged) digest.Add("ragged").Add(ToString(problem.dims));
  for (const auto& [dim, expressions] : blocks) {
    digest.Add("block").Add(dim);
    for (const Expression& expression : expressions) digest.Add(expression.ToString());
  }
  return digest.Hex();
}

}  // namespace tilesmith
