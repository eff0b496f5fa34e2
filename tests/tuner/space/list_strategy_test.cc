#include "tuner/space/list_strategy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tilesmith {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

SpaceDefinition Definition() {
  SpaceDefinition definition;
  definition.tiles = {{"A", {1, 2, 4}}, {"B", {1, 2}}};
  definition.default_config = Config({{"A", 2}, {"B", 1}});
  return definition;
}

TEST(ListStrategy, AsksTheDefaultAndThenTheList) {
  const SearchSpace space(Definition(), {"p", {}}, {});
  const Config listed({{"A", 4}, {"B", 2}}), unknown({{"A", 3}, {"B", 1}});
  ListStrategy strategy(space, {listed, unknown, listed, Definition().default_config});
  EXPECT_THAT(strategy.Ask(1), ElementsAre(space.DefaultIndex()));
  EXPECT_THAT(strategy.Ask(5), ElementsAre(*space.IndexOf(listed)));
  EXPECT_THAT(strategy.Ask(5), IsEmpty());
}

TEST(ListStrategy, DoesNotAskWhatItWasTold) {
  const SearchSpace space(Definition(), {"p", {}}, {});
  ListStrategy strategy(space, {Config({{"A", 1}, {"B", 1}})});
  strategy.Tell(space.DefaultIndex(), 1.0);
  EXPECT_THAT(strategy.Ask(5), ElementsAre(*space.IndexOf(Config({{"A", 1}, {"B", 1}}))));
}

}  // namespace
}  // namespace tilesmith
