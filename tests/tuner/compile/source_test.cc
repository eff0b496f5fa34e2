#include "tuner/compile/source.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tuner/compile/tiny_kernel.h"

namespace tilesmith {
namespace {

using internal::ParsePreprocessed;
using testing::ElementsAre;
using testing_kernel::FreshFolder;
using testing_kernel::Write;

TEST(ParsePreprocessed, KeepsTextAndListsFilesOnce) {
  const auto source = ParsePreprocessed(
      "# 0 \"<stdin>\"\n# 1 \"/home/me//\"\n# 1 \"/k/a.h\" 1\nint a;  \n\n# 1 \"/k/b.h\" 1 3\n"
      "#pragma omp simd\n# 7 \"/k/a.h\" 2\n  int b;");
  EXPECT_EQ(source.text, "int a;\n#pragma omp simd\n  int b;\n");
  EXPECT_THAT(source.files, ElementsAre("/k/a.h", "/k/b.h"));
}

TEST(ParsePreprocessed, UnescapesFileNames) {
  EXPECT_THAT(ParsePreprocessed("# 1 \"/a \\\"b\\\\c.h\" 1\n").files, ElementsAre("/a \"b\\c.h"));
}

TEST(ParsePreprocessed, OddLinesAreText) {
  for (const std::string line : {"# \n", "# x \"y\"\n", "#1 \"y\"\n"}) {
    EXPECT_TRUE(ParsePreprocessed(line).files.empty()) << line;
    EXPECT_FALSE(ParsePreprocessed(line).text.empty()) << line;
  }
}

TEST(Stamp, DiffersAfterAnyEdit) {
  const std::string file = FreshFolder("stamp") + "/file";
  EXPECT_EQ(Stamp(file).size, -1);
  Write(file, "one");
  const FileStamp before = Stamp(file);
  EXPECT_EQ(before.size, 3);
  EXPECT_EQ(Stamp(file), before);
  Write(file, "longer");
  EXPECT_NE(Stamp(file), before);
}

}  // namespace
}  // namespace tilesmith
