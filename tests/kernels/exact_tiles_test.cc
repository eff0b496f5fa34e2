// Class E over its range: random legal configs of every kernel that differ from the default in
// exact tiles only pass the gate on the ragged sizes and give the default's bits there.

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tuner/compile/compiler.h"
#include "tuner/gate/exact_tiles.h"
#include "tuner/gate/gate.h"
#include "tuner/kernel.h"
#include "tuner/measure/machine.h"
#include "tuner/space/space.h"
#include "tuner/space/space_file.h"

namespace tilesmith {
namespace {

constexpr int kDraws = 2;  // `tilesmith verify KERNEL --exact N` draws more

// Not compositions: their tiles are those of their stages, which are here themselves.
std::vector<std::string> KernelNames() {
  std::vector<std::string> names;
  for (const auto& kernel : Registry::Get().kernels()) {
    if (LoadSpaceFile(kernel->space_file).stages.empty()) names.push_back(kernel->name);
  }
  return names;
}

class ExactTiles : public testing::TestWithParam<std::string> {};

TEST_P(ExactTiles, KeepTheDefaultsBits) {
  const KernelSpec& kernel = *Registry::Get().Find(GetParam());
  const SpaceDefinition definition = LoadSpaceFile(kernel.space_file);
  const SearchSpace space(definition, definition.problems.front(), Machine::Detect().Facts());
  std::vector<Config> configs = DrawExact(definition, space, kDraws, 20261121);
  if (configs.empty()) {
    const bool reorder_all = std::ranges::all_of(definition.tiles, &Tile::reorders);
    EXPECT_TRUE(reorder_all) << "no second config to compare with";
    GTEST_SKIP() << "every tile is of class R";
  }
  configs.push_back(definition.default_config);
  Compiler compiler{CompilerOptions{}};
  const std::vector<Compiled> compiled = compiler.Compile(kernel, configs);
  for (const Compiled& one : compiled)
    ASSERT_EQ(one.outcome, Compiled::Outcome::kOk) << one.message;

  GateOptions options;
  options.seeds = 1;
  CaseLibrary library(kernel, options.limits);
  for (std::size_t i = 0; i + 1 < compiled.size(); ++i) {
    SCOPED_TRACE(configs[i].ToString());
    std::vector<GateCase> cases;
    for (const auto& [stage, problem] : GateProblems(definition, configs[i])) {
      if (stage == "ragged") cases.push_back({stage, library.Get(problem, 1)});
    }
    ASSERT_FALSE(cases.empty());
    const GateReport gate = CheckLibrary(kernel, compiled[i].library, cases, options);
    EXPECT_TRUE(gate.ok()) << gate.message;
    const GateReport bits =
        CheckSameBits(kernel, compiled[i].library, compiled.back().library, cases, options);
    EXPECT_TRUE(bits.ok()) << bits.message;
    EXPECT_GT(bits.elements, 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, ExactTiles, testing::ValuesIn(KernelNames()),
                         [](const auto& kernel) { return kernel.param; });

}  // namespace
}  // namespace tilesmith
