#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/generated_header.h"
#include "results/error.h"

namespace tilesmith {
namespace {

namespace fs = std::filesystem;

class WriteFileTest : public testing::Test {
 protected:
  WriteFileTest() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(testing::TempDir()) / "write_file" / test->name();
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    path_ = (folder_ / "tuned_kernels.h").string();
  }

  std::string Read() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  // What is in the folder besides the file: forgotten temporary files.
  std::vector<std::string> Others() const {
    std::vector<std::string> others;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      if (entry.path() != path_) others.push_back(entry.path().filename().string());
    }
    return others;
  }

  // The message of the UserError that writing throws.
  std::string Refusal(const std::string& path, const std::string& text) const {
    try {
      WriteFileAtomically(path, text);
    } catch (const UserError& error) {
      return error.what();
    }
    return "";
  }

  fs::path folder_;
  std::string path_;
};

TEST_F(WriteFileTest, WritesNewAndReplacesOld) {
  WriteFileAtomically(path_, "one\n");
  EXPECT_EQ(Read(), "one\n");
  const std::string binary("two\0\r\n", 6);
  WriteFileAtomically(path_, binary);
  EXPECT_EQ(Read(), binary);
  EXPECT_THAT(Others(), testing::IsEmpty());
}

TEST_F(WriteFileTest, KeepsThePermissionsOfTheOldFile) {
  WriteFileAtomically(path_, "one\n");
  fs::permissions(path_, fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read);
  WriteFileAtomically(path_, "two\n");
  EXPECT_EQ(fs::status(path_).permissions(),
            fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read);
}

TEST_F(WriteFileTest, FollowsALinkAndLeavesItOne) {
  fs::create_directories(folder_ / "real");
  fs::create_symlink(fs::path("real") / "target.h", path_);
  WriteFileAtomically(path_, "one\n");
  WriteFileAtomically(path_, "two\n");
  EXPECT_TRUE(fs::is_symlink(path_));
  EXPECT_EQ(Read(), "two\n");
  EXPECT_FALSE(fs::is_symlink(folder_ / "real" / "target.h"));
}

TEST_F(WriteFileTest, AMissingFolderIsOneLineThatNamesTheFile) {
  const std::string path = (folder_ / "no" / "such.h").string();
  const std::string refusal = Refusal(path, "x");
  EXPECT_THAT(refusal, testing::StartsWith(path + ": "));
  EXPECT_THAT(refusal, testing::HasSubstr("No such file or directory"));
  EXPECT_EQ(refusal.find('\n'), std::string::npos);
}

TEST_F(WriteFileTest, AFolderInTheWayIsLeftAlone) {
  fs::create_directories(path_);
  EXPECT_THAT(Refusal(path_, "x"), testing::HasSubstr("cannot replace it"));
  EXPECT_TRUE(fs::is_directory(path_));
  EXPECT_THAT(Others(), testing::IsEmpty());
}

TEST_F(WriteFileTest, AReadOnlyFolderIsLeftAlone) {
  if (geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  WriteFileAtomically(path_, "old\n");
  fs::permissions(folder_, fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_THAT(Refusal(path_, "new\n"), testing::HasSubstr("Permission denied"));
  EXPECT_EQ(Read(), "old\n");
  fs::permissions(folder_, fs::perms::owner_all);
}

// The limit of file sizes stands in for a full disk: both make write(2) fail half-way.
TEST_F(WriteFileTest, AFullDiskLeavesTheOldFile) {
  WriteFileAtomically(path_, "old\n");
  struct rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  struct rlimit small = before;
  small.rlim_cur = 4096;
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string refusal = Refusal(path_, std::string(100000, 'x'));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_THAT(refusal, testing::HasSubstr("cannot write: File too large"));
  EXPECT_EQ(Read(), "old\n");
  EXPECT_THAT(Others(), testing::IsEmpty());
}

}  // namespace
}  // namespace tilesmith
