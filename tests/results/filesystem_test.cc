#include "results/filesystem.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "results/error.h"
#include "tests/results/sample_store.h"

namespace tilesmith {
namespace {

TEST(FilesystemTest, KnowsNetworkFilesystemsByTheirType) {
  EXPECT_EQ(NetworkFilesystemName(0x6969), "NFS");
  EXPECT_EQ(NetworkFilesystemName(0x65735546), "FUSE");
  // Where statfs's field is a signed int, SMB2's number arrives negative.
  EXPECT_EQ(NetworkFilesystemName(static_cast<std::int32_t>(0xFE534D42)), "SMB2");
  EXPECT_EQ(NetworkFilesystemName(0xEF53), "");      // ext4
  EXPECT_EQ(NetworkFilesystemName(0x01021994), "");  // tmpfs
}

TEST(FilesystemTest, LooksAtTheFolderOfAFileThatIsNotThereYet) {
  EXPECT_EQ(NetworkFilesystemOf("/proc/self/nothing"), NetworkFilesystemOf("/proc/self/stat"));
  EXPECT_EQ(NetworkFilesystemOf("/no/such/folder/file"), "");
}

TEST(FilesystemTest, MakesFolders) {
  const std::string path = testing::FreshPath("a") + "/b/c/store.db";
  MakeFolderOf(path);
  EXPECT_TRUE(std::filesystem::is_directory(std::filesystem::path(path).parent_path()));
  EXPECT_NO_THROW(MakeFolderOf(path));
  EXPECT_NO_THROW(MakeFolderOf("bare.db"));
}

TEST(FilesystemTest, SaysWhichFolderCannotBeMade) {
  const std::string file = testing::FreshPath("file");
  std::ofstream(file) << "x";
  const std::string error = testing::ErrorOf([&] { MakeFolderOf(file + "/below/store.db"); });
  EXPECT_NE(error.find("cannot make the folder " + file + "/below"), std::string::npos) << error;
}

}  // namespace
}  // namespace tilesmith
