#include "tuner/command/project.h"

#include <filesystem>

#include <gtest/gtest.h>

namespace tilesmith {
namespace {

namespace fs = std::filesystem;

class ProjectTest : public testing::Test {
 protected:
  ProjectTest() {
    fs::remove_all(root_);
    fs::create_directories(root_ / "a/b/c");
  }
  ~ProjectTest() override {
    fs::current_path(before_);
    fs::remove_all(root_);
  }

  const fs::path before_ = fs::current_path();
  const fs::path root_ = fs::canonical(testing::TempDir()) / "project_test";
};

TEST_F(ProjectTest, IsTheNearestFolderWithSpaces) {
  fs::create_directories(root_ / "search_spaces");
  fs::create_directories(root_ / "a/search_spaces");
  EXPECT_EQ(ProjectFolder(root_ / "a/b/c"), root_ / "a");
}

TEST_F(ProjectTest, IsTheNearestFolderWithResults) {
  fs::create_directories(root_ / "a/b/results");
  EXPECT_EQ(ProjectFolder(root_ / "a/b/c"), root_ / "a/b");
  EXPECT_EQ(ProjectFolder(root_ / "a/b"), root_ / "a/b");
}

TEST_F(ProjectTest, GivenPathWins) {
  fs::current_path(root_ / "a");
  EXPECT_EQ(ResultsFile("elsewhere/my.db", "tilesmith.db"), "elsewhere/my.db");
}

TEST_F(ProjectTest, ResultsLieInTheProject) {
  fs::create_directories(root_ / "a/search_spaces");
  fs::current_path(root_ / "a/b");
  EXPECT_EQ(ResultsFile("", "tilesmith.db"), (root_ / "a/results/tilesmith.db").string());
  fs::current_path(root_ / "a");
  EXPECT_EQ(ResultsFile("", "tilesmith.db"), "results/tilesmith.db");
}

}  // namespace
}  // namespace tilesmith
