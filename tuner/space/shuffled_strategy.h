// All configs in random order, the default first. Needs no answers.
#pragma once

#include <string>
#include <unordered_set>

#include "tuner/space/shuffled_indices.h"
#include "tuner/space/strategy.h"

namespace tilesmith {

class ShuffledStrategy : public Strategy {
 public:
  /// `name` is what name() says; "exhaustive" and "random" differ in nothing else.
  ShuffledStrategy(std::string name, const SearchSpace& space, std::uint64_t seed);

  std::string_view name() const override { return name_; }
  std::vector<std::uint64_t> Ask(std::size_t count) override;
  void Tell(std::uint64_t index, std::optional<double> objective) override;

 private:
  std::optional<std::uint64_t> Next();

  std::string name_;
  ShuffledIndices order_;
  std::optional<std::uint64_t> default_;           // until it has been asked
  std::unordered_set<std::uint64_t> out_of_turn_;  // done before the order reached them
};

}  // namespace tilesmith
