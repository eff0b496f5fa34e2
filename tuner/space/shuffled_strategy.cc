#include "tuner/space/shuffled_strategy.h"

#include <utility>

namespace tilesmith {

ShuffledStrategy::ShuffledStrategy(std::string name, const SearchSpace& space, std::uint64_t seed)
    : name_(std::move(name)), order_(space.Count(), seed), default_(space.DefaultIndex()) {}

std::vector<std::uint64_t> ShuffledStrategy::Ask(std::size_t count) {
  std::vector<std::uint64_t> questions;
  while (questions.size() < count) {
    const std::optional<std::uint64_t> next = Next();
    if (!next) break;
    questions.push_back(*next);
  }
  return questions;
}

std::optional<std::uint64_t> ShuffledStrategy::Next() {
  if (const std::optional<std::uint64_t> index = std::exchange(default_, std::nullopt)) {
    if (out_of_turn_.insert(*index).second) return index;
  }
  std::optional<std::uint64_t> index = order_.Next();
  while (index && out_of_turn_.contains(*index)) index = order_.Next();
  return index;
}

void ShuffledStrategy::Tell(std::uint64_t index, std::optional<double>) {
  out_of_turn_.insert(index);
}

}  // namespace tilesmith
