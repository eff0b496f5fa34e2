// The spaces that ship with the kernels: read, legal everywhere, and worth searching.

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tuner/kernel.h"
#include "tuner/space/space.h"
#include "tuner/space/space_file.h"

namespace tilesmith {
namespace {

// Machines on which the default must be legal, or a sweep there could not even start.
const std::vector<MachineFacts> kMachines = {
    {{"l1d_bytes", 32768},
     {"l2_bytes", 1048576},
     {"llc_bytes", 37486592},
     {"vector_bytes", 64},
     {"cores", 2}},
    {{"l1d_bytes", 32768},
     {"l2_bytes", 262144},
     {"llc_bytes", 8388608},
     {"vector_bytes", 32},
     {"cores", 64}},
    {{"l1d_bytes", 0},
     {"l2_bytes", 0},
     {"llc_bytes", 0},
     {"vector_bytes", 16},
     {"cores", 1}},  // unknown
};

class ShippedSpace : public testing::TestWithParam<std::string> {
 protected:
  const KernelSpec& kernel() const { return *Registry::Get().Find(GetParam()); }
  SpaceDefinition space() const { return LoadSpaceFile(kernel().space_file); }
};

TEST_P(ShippedSpace, NamesItsKernelAndItsDimensions) {
  EXPECT_EQ(space().kernel, GetParam());
  for (const Problem& problem : space().problems) {
    for (const Dimension& dim : kernel().dims) {
      EXPECT_TRUE(
          std::ranges::any_of(problem.dims, [&](const auto& d) { return d.first == dim.name; }))
          << problem.name << " has no " << dim.name;
    }
  }
}

// The constructor of a SearchSpace throws when the default is illegal.
TEST_P(ShippedSpace, DefaultIsLegalForEveryProblemOnEveryMachine) {
  for (const Problem& problem : space().problems) {
    for (const MachineFacts& facts : kMachines) {
      const SearchSpace searched(space(), problem, facts);
      EXPECT_EQ(searched.At(searched.DefaultIndex()), space().default_config) << problem.name;
    }
  }
}

// A composition's choices are its stages'.
TEST_P(ShippedSpace, EveryProblemLeavesAChoice) {
  if (!space().stages.empty()) return;
  for (const Problem& problem : space().problems) {
    EXPECT_GE(SearchSpace(space(), problem, kMachines[0]).Count(), 10u) << problem.name;
  }
}

// What makes the gate able to catch a block that is not clipped.
TEST_P(ShippedSpace, NoTileDividesEveryRaggedProblem) {
  const SpaceDefinition definition = space();
  for (const auto& [dim, blocks] : definition.blocks) {
    for (const Expression& block : blocks) {
      std::map<std::string, Value> tiles;
      for (const auto& [name, value] : definition.default_config.tiles()) tiles[name] = value;
      const std::int64_t size = block.EvaluateInt(tiles);
      if (size == 1) continue;  // has no last block to clip
      const auto divides = [&, name = dim](const Problem& problem) {
        const auto found = std::ranges::find(problem.dims, name, &Dims::value_type::first);
        return found->second % size == 0;
      };
      EXPECT_FALSE(std::ranges::all_of(definition.ragged, divides))
          << dim << " by " << block.ToString();
    }
  }
}

std::vector<std::string> KernelNames() {
  std::vector<std::string> names;
  for (const auto& kernel : Registry::Get().kernels()) names.push_back(kernel->name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Kernels, ShippedSpace, testing::ValuesIn(KernelNames()),
                         [](const auto& kernel) { return kernel.param; });

// kernels.md, appendix B: nine tiles; big enough that no sweep can be exhaustive.
TEST(ExpertSharedSpace, IsBig) {
  const SpaceDefinition space = LoadSpaceFile(Registry::Get().Find("expert_shared")->space_file);
  EXPECT_EQ(space.tiles.size(), 9u);
  EXPECT_GE(SearchSpace(space, space.GetProblem("decode-flash"), kMachines[0]).Count(), 100000u);
}

// The historic bug: 512 · 8 does not divide pro's 7168.
TEST(ExpertSharedSpace, PrunesTheBlockThatLeftColumnsUnwritten) {
  const SpaceDefinition space = LoadSpaceFile(Registry::Get().Find("expert_shared")->space_file);
  Dims tiles = space.default_config.tiles();
  std::ranges::find(tiles, "W2_ACT_INNER", &Dims::value_type::first)->second = 8;
  const Config historic(tiles);
  const SearchSpace flash(space, space.GetProblem("decode-flash"), kMachines[0]);
  const SearchSpace pro(space, space.GetProblem("decode-pro"), kMachines[0]);
  EXPECT_TRUE(flash.IndexOf(historic).has_value());
  EXPECT_FALSE(pro.IndexOf(historic).has_value());
}

}  // namespace
}  // namespace tilesmith
