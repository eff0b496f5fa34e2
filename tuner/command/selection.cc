#include "tuner/command/selection.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "results/error.h"
#include "results/suggest.h"
#include "tuner/space/space_file.h"

namespace tilesmith {
namespace {

std::vector<std::string> KernelNames() {
  std::vector<std::string> names;
  for (const auto& kernel : Registry::Get().kernels()) names.push_back(kernel->name);
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> TileNames(const SpaceDefinition& space) {
  std::vector<std::string> names;
  for (const Tile& tile : space.tiles) names.push_back(tile.name);
  return names;
}

bool IsAny(const std::vector<std::string>& patterns, std::string_view name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return MatchesGlob(pattern, name); });
}

// Every pattern must match a name; `what` is "kernel" or "problem".
void CheckAllMatch(const std::vector<std::string>& patterns, const std::vector<std::string>& names,
                   std::string_view what) {
  for (const std::string& pattern : patterns) {
    const auto matches = [&](const std::string& name) { return MatchesGlob(pattern, name); };
    if (std::none_of(names.begin(), names.end(), matches)) {
      throw UserError(fmt::format("unknown {} '{}'{}", what, pattern, Suggest(pattern, names)));
    }
  }
}

// What is wrong with a dimension of a problem, or nothing.
std::string WrongDim(const KernelSpec& kernel, const std::string& name, std::int64_t value) {
  const auto dim = std::find_if(kernel.dims.begin(), kernel.dims.end(),
                                [&](const Dimension& d) { return d.name == name; });
  if (dim == kernel.dims.end()) {
    std::vector<std::string> known;
    for (const Dimension& d : kernel.dims) known.push_back(d.name);
    return fmt::format("kernel '{}' has no dimension '{}'{}", kernel.name, name,
                       Suggest(name, known));
  }
  if (value <= dim->largest) return {};
  return fmt::format("{} = {} is more than kernel '{}' can hold; make it at most {}", name, value,
                     kernel.name, dim->largest);
}

void CheckDims(const KernelSpec& kernel, const SpaceDefinition& space) {
  const auto check = [&](const std::vector<Problem>& problems) {
    for (const Problem& problem : problems) {
      for (const auto& [name, value] : problem.dims) {
        const std::string wrong = WrongDim(kernel, name, value);
        if (wrong.empty()) continue;
        throw UserError(fmt::format("{}: problem '{}': {}", space.file, problem.name, wrong));
      }
    }
  };
  check(space.problems);
  check(space.ragged);
}

}  // namespace

bool MatchesGlob(std::string_view pattern, std::string_view name) {
  std::size_t p = 0, n = 0;
  std::size_t star = std::string_view::npos, resume = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p, ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

std::vector<const KernelSpec*> SelectKernels(const std::vector<std::string>& patterns) {
  const std::vector<std::string> names = KernelNames();
  if (names.empty()) {
    throw UserError("this program has no kernels; link a file that registers one (tuner/kernel.h)");
  }
  std::vector<std::string> globs = patterns;
  std::replace(globs.begin(), globs.end(), std::string("all"), std::string("*"));
  CheckAllMatch(globs, names, "kernel");
  std::vector<const KernelSpec*> chosen;
  for (const std::string& name : names) {
    if (IsAny(globs, name)) chosen.push_back(Registry::Get().Find(name));
  }
  return chosen;
}

SpaceDefinition LoadSpace(const KernelSpec& kernel, const std::string& file) {
  SpaceDefinition space = LoadSpaceFile(file.empty() ? kernel.space_file : file);
  if (space.kernel != kernel.name) {
    throw UserError(
        fmt::format("{}: is the space of kernel '{}', not of '{}'; name that kernel or "
                    "change the line 'kernel = …'",
                    space.file, space.kernel, kernel.name));
  }
  CheckDims(kernel, space);
  return space;
}

std::vector<Problem> SelectProblems(const SpaceDefinition& space,
                                    const std::vector<std::string>& names) {
  std::vector<std::string> known;
  std::vector<Problem> chosen;
  for (const Problem& problem : space.problems) {
    known.push_back(problem.name);
    if (names.empty() || IsAny(names, problem.name)) chosen.push_back(problem);
  }
  CheckAllMatch(names, known, "problem");
  return chosen;
}

std::vector<Question> SelectQuestions(const std::vector<const KernelSpec*>& kernels,
                                      const std::vector<std::string>& problems,
                                      const std::string& space_file) {
  std::vector<Question> questions;
  std::set<std::string> known;
  for (const KernelSpec* kernel : kernels) {
    Question question{kernel, LoadSpace(*kernel, space_file), {}};
    for (const Problem& problem : question.space.problems) {
      known.insert(problem.name);
      if (problems.empty() || IsAny(problems, problem.name)) question.problems.push_back(problem);
    }
    if (!question.problems.empty()) questions.push_back(std::move(question));
  }
  CheckAllMatch(problems, {known.begin(), known.end()}, "problem");
  return questions;
}

Config CompleteConfig(const SpaceDefinition& space, std::string_view text) {
  const Config given = Config::Parse(text);
  const std::vector<std::string> names = TileNames(space);
  for (const auto& [tile, value] : given.tiles()) {
    if (std::find(names.begin(), names.end(), tile) == names.end()) {
      throw UserError(
          fmt::format("kernel '{}' has no tile '{}'{}", space.kernel, tile, Suggest(tile, names)));
    }
  }
  Dims tiles;
  for (const std::string& name : names) {
    const std::int64_t* value = given.Find(name);
    if (value == nullptr) value = space.default_config.Find(name);
    if (value == nullptr) {
      throw UserError(fmt::format("{}: the default says nothing of tile '{}'; add it to [default]",
                                  space.file, name));
    }
    tiles.emplace_back(name, *value);
  }
  return Config(std::move(tiles));
}

}  // namespace tilesmith
