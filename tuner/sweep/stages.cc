#include "tuner/sweep/stages.h"

#include <algorithm>

#include <fmt/format.h>

#include "results/error.h"
#include "tuner/space/space_file.h"

namespace tilesmith {
namespace {

const KernelSpec& KernelOf(const Stage& stage, const SpaceDefinition& space) {
  const KernelSpec* kernel = Registry::Get().Find(stage.kernel);
  if (kernel != nullptr) return *kernel;
  throw UserError(fmt::format("{}: stage '{}' is a kernel that this program does not have",
                              space.file, stage.kernel));
}

SweepOptions WithShare(SweepOptions options, std::size_t shares) {
  if (options.budget.seconds) *options.budget.seconds /= static_cast<double>(shares);
  return options;
}

}  // namespace

Config Composed(const SpaceDefinition& space, const std::vector<Config>& chosen) {
  TILESMITH_CHECK(chosen.size() == space.stages.size());
  Dims tiles = space.default_config.tiles();
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    for (const auto& [tile, value] : chosen[i].tiles()) {
      const std::string name = space.stages[i].prefix + "_" + tile;
      const auto found = std::ranges::find(tiles, name, &Dims::value_type::first);
      TILESMITH_CHECK(found != tiles.end());
      found->second = value;
    }
  }
  return Config(std::move(tiles));
}

SpaceDefinition WithChosen(const SpaceDefinition& space, const std::vector<Config>& chosen) {
  SpaceDefinition extended = space;
  const Config composed = Composed(space, chosen);
  for (Tile& tile : extended.tiles) {
    const std::int64_t value = *composed.Find(tile.name);
    if (std::ranges::find(tile.values, value) == tile.values.end()) tile.values.push_back(value);
  }
  return extended;
}

SweepResult SweepComposition(const KernelSpec& kernel, const SpaceDefinition& space,
                             const Problem& problem, const SweepOptions& options,
                             const StageSweep& sweep) {
  const SweepOptions shared = WithShare(options, space.stages.size());
  std::vector<Config> chosen;
  for (const Stage& stage : space.stages) {
    const KernelSpec& staged = KernelOf(stage, space);
    const SpaceDefinition own = LoadSpaceFile(staged.space_file);
    chosen.push_back(sweep(staged, own, own.GetProblem(problem.name), shared).duel.chosen);
  }
  // Without the one comparison that is left, what the stages found would be thrown away.
  SweepOptions last = options;
  last.budget = {};
  last.candidates = {Composed(space, chosen)};
  return sweep(kernel, WithChosen(space, chosen), problem, last);
}

}  // namespace tilesmith
