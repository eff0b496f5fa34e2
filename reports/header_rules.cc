#include "reports/header_rules.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "reports/cpp_text.h"
#include "results/error.h"

namespace tilesmith {
namespace {

bool Contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

const std::int64_t* FindFact(const Dims& facts, std::string_view name) {
  for (const auto& [fact, value] : facts) {
    if (fact == name) return &value;
  }
  return nullptr;
}

// Names that the rules use, each once, in order of first use.
std::vector<std::string> UsedNames(const SpaceRecord& space) {
  std::vector<std::string> names;
  for (const SpaceRecord::Rule& rule : space.constraints) {
    for (const std::string& name : rule.names) {
      if (!Contains(names, name)) names.push_back(name);
    }
  }
  return names;
}

// A parameter's name that no bound name hides.
std::string ParameterName(std::string name, const std::vector<std::string>& used) {
  while (Contains(used, name)) name += '_';
  return name;
}

struct Parameters {
  std::string tiles;
  std::string shape;
  bool uses_tiles = false;
  bool uses_shape = false;
};

std::string Binding(const SpaceRecord& space, const std::string& name, Parameters& parameters) {
  if (Contains(space.tiles, name)) {
    parameters.uses_tiles = true;
    return fmt::format("  const long long {0} = {1}.{0};\n", name, parameters.tiles);
  }
  if (Contains(space.dims, name)) {
    parameters.uses_shape = true;
    return fmt::format("  const long long {0} = {1}.{0};\n", name, parameters.shape);
  }
  const std::int64_t* fact = FindFact(space.machine_facts, name);
  if (fact == nullptr) {
    throw UserError(
        fmt::format("{}: the database has a constraint over '{}', which is no tile, dimension "
                    "or machine fact; sweep the kernel again",
                    space.kernel, name));
  }
  return fmt::format("  const long long {} = {};\n", name, *fact);
}

// Whether each divisor of the expression is a tile or a number.
bool DividesByTilesOnly(const SpaceRecord& space, std::string_view cpp) {
  const auto in_word = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
  };
  for (std::size_t at = cpp.find_first_of("/%"); at != std::string_view::npos;
       at = cpp.find_first_of("/%", at + 1)) {
    const std::size_t begin = std::min(cpp.find_first_not_of(' ', at + 1), cpp.size());
    std::size_t end = begin;
    while (end < cpp.size() && in_word(cpp[end])) ++end;
    const std::string divisor(cpp.substr(begin, end - begin));
    const bool is_number = !divisor.empty() && std::isdigit(static_cast<unsigned char>(divisor[0]));
    if (!is_number && !Contains(space.tiles, divisor)) return false;
  }
  return true;
}

std::string RenderGuard(const SpaceRecord& space, const SpaceRecord::Rule& rule) {
  std::string out;
  if (DividesByTilesOnly(space, rule.cpp)) return out;
  for (const std::string& name : rule.names) {
    const bool is_dimension = Contains(space.dims, name) && !Contains(space.tiles, name);
    if (is_dimension) out += fmt::format("  if (!({} > 0)) return false;\n", name);
  }
  return out;
}

std::string RenderRule(const SpaceRecord& space, const SpaceRecord::Rule& rule) {
  return Comment("  //", fmt::format("{}: {}", rule.name, rule.expression)) +
         RenderGuard(space, rule) + fmt::format("  if (!({})) return false;\n", rule.cpp);
}

// A predicate over the space's rules.
std::string RenderPredicate(const SpaceRecord& space, std::string_view name,
                            const std::string& doc) {
  if (space.constraints.empty()) {
    return doc +
           fmt::format("constexpr bool {}(const Tiles&, const Shape&) {{ return true; }}\n", name);
  }
  const std::vector<std::string> used = UsedNames(space);
  Parameters parameters{.tiles = ParameterName("tiles", used),
                        .shape = ParameterName("shape", used)};
  std::string body;
  for (const std::string& bound : used) body += Binding(space, bound, parameters);
  for (const SpaceRecord::Rule& rule : space.constraints) body += RenderRule(space, rule);
  const std::string signature =
      fmt::format("constexpr bool {}(const Tiles&{}, const Shape&{}) {{\n", name,
                  parameters.uses_tiles ? " " + parameters.tiles : "",
                  parameters.uses_shape ? " " + parameters.shape : "");
  // How the expressions were parenthesised and spaced is not ours to know.
  return Unformatted(doc + signature + body + "  return true;\n}\n", true);
}

}  // namespace

std::string RenderLegal(const SpaceRecord& space) {
  return RenderPredicate(space, "Legal",
                         "/// Whether the space's constraints allow the tiles for the shape.\n");
}

std::string RenderRight(const SpaceRecord& space) {
  SpaceRecord required = space;
  std::erase_if(required.constraints, [](const SpaceRecord::Rule& rule) { return !rule.required; });
  return RenderPredicate(
      required, "Right",
      "/// Whether the kernel is right with the tiles at the shape, fast or not.\n");
}

}  // namespace tilesmith
