// Exactly the given configs, in their order: when a person or an earlier step has chosen them.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

#include "tuner/space/strategy.h"

namespace tilesmith {

class ListStrategy : public Strategy {
 public:
  /// The default first, then those of `configs` that are in the space; others are left out.
  ListStrategy(const SearchSpace& space, const std::vector<Config>& configs);

  std::string_view name() const override { return "list"; }
  std::vector<std::uint64_t> Ask(std::size_t count) override;
  void Tell(std::uint64_t index, std::optional<double> objective) override;

 private:
  std::deque<std::uint64_t> ahead_;
};

}  // namespace tilesmith
