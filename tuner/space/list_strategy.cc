#include "tuner/space/list_strategy.h"

#include <algorithm>

namespace tilesmith {

ListStrategy::ListStrategy(const SearchSpace& space, const std::vector<Config>& configs) {
  ahead_.push_back(space.DefaultIndex());
  for (const Config& config : configs) {
    const std::optional<std::uint64_t> index = space.IndexOf(config);
    if (index && std::ranges::find(ahead_, *index) == ahead_.end()) ahead_.push_back(*index);
  }
}

std::vector<std::uint64_t> ListStrategy::Ask(std::size_t count) {
  const auto end = ahead_.begin() + static_cast<std::ptrdiff_t>(std::min(count, ahead_.size()));
  std::vector<std::uint64_t> asked(ahead_.begin(), end);
  ahead_.erase(ahead_.begin(), end);
  return asked;
}

void ListStrategy::Tell(std::uint64_t index, std::optional<double>) { std::erase(ahead_, index); }

}  // namespace tilesmith
