#include "reports/header_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/reports/example_records.h"

namespace tilesmith {
namespace {

std::vector<std::string> Constants(const KernelLayout& layout) {
  std::vector<std::string> names;
  for (const KernelLayout::Entry& entry : layout.entries) names.push_back(entry.constant);
  return names;
}

HeaderKernel Named(const std::string& kernel) {
  HeaderKernel named;
  named.space.kernel = kernel;
  return named;
}

TEST(LayOutTest, OrdersProblemsByNameThenSizes) {
  HeaderKernel kernel = ExampleKernel();
  kernel.entries = {ExampleEntry("b", 2, 1, "T_TILE=1,D_TILE=1"),
                    ExampleEntry("b", 1, 1, "T_TILE=1,D_TILE=1"),
                    ExampleEntry("a", 9, 9, "T_TILE=1,D_TILE=1")};
  const std::vector<HeaderKernel> kernels = {kernel};
  const std::vector<KernelLayout> layouts = LayOut(kernels);
  ASSERT_EQ(layouts.size(), 1U);
  EXPECT_THAT(Constants(layouts[0]), testing::ElementsAre("kA", "kB", "kB2"));
  EXPECT_EQ(layouts[0].entries[1].evidence->duel.problem.dims[0].second, 1);
}

TEST(LayOutTest, KernelsGetDifferentNamespacesInOrderOfTheirNames) {
  const std::vector<HeaderKernel> kernels = {Named("x_y"), Named("x-y"), Named("detail"),
                                             Named("Match")};
  std::vector<std::string> names;
  for (const KernelLayout& layout : LayOut(kernels)) names.push_back(layout.name_space);
  EXPECT_THAT(names, testing::ElementsAre("Match2", "detail2", "x_y", "x_y2"));
}

}  // namespace
}  // namespace tilesmith
