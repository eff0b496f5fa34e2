#include "tuner/space/space.h"

#include "results/error.h"
#include "tuner/space/bound_space.h"
#include "tuner/space/uniform.h"

namespace tilesmith {

struct SearchSpace::Impl {
  BoundSpace bound;
  std::uint64_t default_index = 0;
};

SearchSpace::SearchSpace(const SpaceDefinition& definition, const Problem& problem,
                         const MachineFacts& facts)
    : impl_(std::make_unique<Impl>(Impl{BoundSpace(definition, problem, facts)})) {
  if (definition.default_config.empty()) return;
  const std::optional<std::uint64_t> index = IndexOf(definition.default_config);
  TILESMITH_CHECK(index.has_value());
  impl_->default_index = *index;
}

SearchSpace::~SearchSpace() = default;
SearchSpace::SearchSpace(SearchSpace&&) noexcept = default;
SearchSpace& SearchSpace::operator=(SearchSpace&&) noexcept = default;

const std::vector<Tile>& SearchSpace::tiles() const { return impl_->bound.tiles(); }

double SearchSpace::Cartesian() const {
  double product = 1;
  for (const Tile& tile : impl_->bound.tiles()) product *= static_cast<double>(tile.values.size());
  return product;
}

std::uint64_t SearchSpace::Count() const { return impl_->bound.Count(); }

Config SearchSpace::At(std::uint64_t index) const {
  const BoundSpace& bound = impl_->bound;
  TILESMITH_CHECK(index < bound.Count());
  Dims values(bound.tiles().size());
  for (std::size_t g = 0; g < bound.groups().size(); ++g) {
    const TileGroup& group = bound.groups()[g];
    const std::span<const std::uint16_t> row = group.Row(index / bound.Stride(g) % group.Count());
    for (std::size_t i = 0; i < row.size(); ++i) {
      const Tile& tile = bound.tiles()[group.tiles()[i]];
      values[group.tiles()[i]] = {tile.name, tile.values[row[i]]};
    }
  }
  return Config(std::move(values));
}

std::optional<std::uint64_t> SearchSpace::IndexOf(const Config& config) const {
  return impl_->bound.IndexOf(config);
}

std::uint64_t SearchSpace::DefaultIndex() const { return impl_->default_index; }

std::uint64_t SearchSpace::Sample(std::mt19937_64& random) const {
  return UniformBelow(random, impl_->bound.Count());
}

std::vector<std::uint64_t> SearchSpace::Neighbours(std::uint64_t index, bool adjacent_only) const {
  const BoundSpace& bound = impl_->bound;
  TILESMITH_CHECK(index < bound.Count());
  // By tile rather than by group: the tiles of two groups may alternate.
  std::vector<std::vector<std::uint64_t>> by_tile(bound.tiles().size());
  for (std::size_t g = 0; g < bound.groups().size(); ++g) {
    const TileGroup& group = bound.groups()[g];
    const std::uint64_t stride = bound.Stride(g);
    const std::uint64_t here = index / stride % group.Count();
    const std::span<const std::uint16_t> row = group.Row(here);
    Digits digits(row.begin(), row.end());
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::size_t values = bound.tiles()[group.tiles()[i]].values.size();
      for (std::size_t value = 0; value < values; ++value) {
        const bool adjacent = value + 1 == row[i] || value == row[i] + 1u;
        if (value == row[i] || (adjacent_only && !adjacent)) continue;
        digits[i] = static_cast<std::uint16_t>(value);
        const std::optional<std::uint64_t> there = group.Find(digits);
        if (there) by_tile[group.tiles()[i]].push_back(index - here * stride + *there * stride);
      }
      digits[i] = row[i];
    }
  }
  std::vector<std::uint64_t> all;
  for (const auto& some : by_tile) all.insert(all.end(), some.begin(), some.end());
  return all;
}

std::vector<std::pair<std::string, std::uint64_t>> SearchSpace::PruneCounts() const {
  std::vector<std::pair<std::string, std::uint64_t>> counts;
  for (const Constraint& constraint : impl_->bound.constraints())
    counts.emplace_back(constraint.name, 0);
  for (const TileGroup& group : impl_->bound.groups()) {
    for (const TileGroup::Rule& rule : group.rules()) {
      counts[rule.constraint].second = rule.rejected;
    }
  }
  return counts;
}

std::string SearchSpace::Explain(const Config& config) const {
  return impl_->bound.Explain(config);
}

}  // namespace tilesmith
