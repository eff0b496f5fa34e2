#include "tuner/space/strategy.h"

#include <fmt/format.h>

#include "results/error.h"
#include "results/suggest.h"
#include "tuner/space/iterated_local_search.h"
#include "tuner/space/shuffled_strategy.h"

namespace tilesmith {

std::vector<std::string> StrategyNames() { return {"auto", "exhaustive", "random", "ils"}; }

std::unique_ptr<Strategy> MakeStrategy(std::string_view name, const SearchSpace& space,
                                       std::uint64_t seed, std::uint64_t expected) {
  if (name == "auto") name = space.Count() <= expected ? "exhaustive" : "ils";
  if (name == "exhaustive" || name == "random") {
    return std::make_unique<ShuffledStrategy>(std::string(name), space, seed);
  }
  if (name == "ils") return std::make_unique<IteratedLocalSearch>(space, seed);
  throw UserError(fmt::format("no strategy '{}'{}", name, Suggest(name, StrategyNames())));
}

}  // namespace tilesmith
