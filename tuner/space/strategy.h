// A strategy decides which configs are tried next: Ask, measure, Tell. Seeded and reproducible: the
// same seed, the same sizes of Ask and the same answers give the same questions, in whatever order
// the answers to one Ask arrive.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tuner/space/space.h"

namespace tilesmith {

class Strategy {
 public:
  virtual ~Strategy() = default;
  virtual std::string_view name() const = 0;
  /// At most `count` indices, none of which was asked or told before; fewer when the strategy needs
  /// answers first for more; empty only when the whole space has been asked or told.
  virtual std::vector<std::uint64_t> Ask(std::size_t count) = 0;
  /// The answer to one question: log time (lower is better), or nullopt for a config that failed;
  /// NaN counts as failed. Answers may also be of earlier runs, to questions never asked. Of two
  /// answers to one question the later holds.
  virtual void Tell(std::uint64_t index, std::optional<double> objective) = 0;
};

/// Names that MakeStrategy takes:
///   exhaustive  the whole space, shuffled by the seed, so that a stopped run is a sample
///   random      a sample without replacement: the same order, by the name comparisons use
///   ils         iterated local search (tuner/space/iterated_local_search.h)
///   auto        exhaustive when the space has at most `expected` configs, else ils
std::vector<std::string> StrategyNames();

/// `expected` is how many questions the budget is worth. The default config is always the first
/// question. `space` must outlive the strategy. Throws UserError with the nearest name.
std::unique_ptr<Strategy> MakeStrategy(std::string_view name, const SearchSpace& space,
                                       std::uint64_t seed, std::uint64_t expected);

}  // namespace tilesmith
