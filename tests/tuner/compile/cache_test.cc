#include "tuner/compile/cache.h"

#include <chrono>
#include <filesystem>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

namespace tilesmith {
namespace {

namespace fs = std::filesystem;

std::string FolderWritten(const std::string& path, std::chrono::hours ago) {
  fs::create_directories(path);
  fs::last_write_time(path, fs::file_time_type::clock::now() - ago);
  return path;
}

TEST(VariantCacheTest, ScratchOfTheKilledGoesAfterADayAndNothingElseDoes) {
  const std::string folder = testing::TempDir() + "cache_test";
  fs::remove_all(folder);
  const std::string left = FolderWritten(folder + "/tmp-abcdef", std::chrono::hours(25));
  const std::string in_use = FolderWritten(folder + "/tmp-ghijkl", std::chrono::hours(23));
  const std::string kernel = FolderWritten(folder + "/hc_post", std::chrono::hours(1000));
  const VariantCache cache(folder);
  EXPECT_FALSE(fs::exists(left));
  EXPECT_TRUE(fs::exists(in_use));
  EXPECT_TRUE(fs::exists(kernel));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), {}), 2);  // nor is anything left behind
}

}  // namespace
}  // namespace tilesmith
