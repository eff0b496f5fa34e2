// Published spaces, where their files lie beside this checkout: every count must be the published
// one.
#include <filesystem>
#include <random>

#include <gtest/gtest.h>

#include "results/error.h"
#include "tests/tuner/space/recorded_space.h"
#include "tuner/space/space.h"

namespace tilesmith {
namespace {

const std::filesystem::path kFolder = TILESMITH_SOURCE_DIR "/../shared/data/search_spaces";

TEST(RecordedSpaceTest, CountsAreThePublishedOnes) {
  if (!std::filesystem::exists(kFolder)) GTEST_SKIP() << "no recorded spaces at " << kFolder;
  int checked = 0;
  for (const RecordedSpace& recorded : ReadRecordedSpaces(kFolder)) {
    if (!recorded.skipped.empty()) continue;
    SCOPED_TRACE(recorded.name);
    const SearchSpace space(recorded.definition, {}, {});
    EXPECT_EQ(space.Count(), recorded.valid);
    std::mt19937_64 random(1);
    for (int i = 0; i < 20; ++i) {
      const std::uint64_t index = space.Sample(random);
      const Config config = space.At(index);
      EXPECT_EQ(space.IndexOf(config), index);
      EXPECT_EQ(space.Explain(config), "");
    }
    ++checked;
  }
  EXPECT_GE(checked, 10);
}

}  // namespace
}  // namespace tilesmith
