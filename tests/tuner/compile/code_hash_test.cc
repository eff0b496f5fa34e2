#include "tuner/compile/code_hash.h"

#include <cstddef>
#include <string>

#include <gtest/gtest.h>

#include "tests/tuner/compile/tiny_kernel.h"
#include "tuner/compile/process.h"

namespace tilesmith {
namespace {

using testing_kernel::FreshFolder;
using testing_kernel::Read;

/// The bytes of the shared object that `source` makes.
std::string Build(const std::string& source) {
  const std::string library = FreshFolder("code_hash") + "/a.so";
  const Finished built = tilesmith::Run(
      {{"c++", "-O1", "-shared", "-fPIC", "-x", "c++", "-", "-o", library}, source, {}}, 60);
  EXPECT_TRUE(built.ok()) << built.errors;
  return Read(library);
}

std::string HashOf(const std::string& source) { return CodeHash(Build(source)).value(); }

TEST(CodeHash, IsOfTheCode) {
  const std::string hash = HashOf("extern \"C\" int f(int x) { return x + 1; }");
  EXPECT_EQ(hash.size(), 32u);
  EXPECT_EQ(HashOf("extern \"C\" int f(int y) { return 1 + y; }"), hash);
  EXPECT_NE(HashOf("extern \"C\" int f(int x) { return x + 2; }"), hash);
}

TEST(CodeHash, IgnoresLocalNames) {
  const auto with = [](const std::string& name) {
    return HashOf("[[gnu::noinline]] static int " + name + "(int x) { return x * x + 7; }" +
                  "extern \"C\" int f(int x) { return " + name + "(x) + " + name + "(x + 1); }");
  };
  EXPECT_EQ(with("square"), with("a_name_of_quite_another_length"));
}

TEST(CodeHash, SeesConstants) {
  const auto with = [](const std::string& value) {
    return HashOf("extern \"C\" double f(int i) { static const double t[] = {1, 2, 3, " + value +
                  "}; return t[i]; }");
  };
  EXPECT_NE(with("4"), with("5"));
}

TEST(CodeHash, SeesWhichFunctionIsCalled) {
  // Names of equal length: the code of the two is the same, only the dynamic symbols differ.
  const auto calling = [](const std::string& name) {
    return HashOf("extern \"C\" double " + name +
                  "(double); extern \"C\" double f(double x) { return " + name + "(x) + 1; }");
  };
  EXPECT_NE(calling("sin"), calling("cos"));
}

TEST(CodeHash, SeesHowMuchMemoryIsZeroed) {
  const auto with = [](const std::string& size) {
    return HashOf("char big[" + size + "]; extern \"C\" char* f() { return big; }");
  };
  EXPECT_NE(with("4096"), with("8192"));
}

TEST(CodeHash, NothingForWhatIsNoWholeElf) {
  const std::string elf = Build("int f() { return 0; }");
  ASSERT_TRUE(CodeHash(elf));
  EXPECT_FALSE(CodeHash(""));
  EXPECT_FALSE(CodeHash("#!/bin/sh\n"));
  // The section headers are last, so every truncation loses some.
  for (const std::size_t size : {std::size_t{4}, std::size_t{64}, elf.size() / 2, elf.size() - 1}) {
    EXPECT_FALSE(CodeHash(elf.substr(0, size))) << size;
  }
  std::string lying = elf;
  for (std::size_t i = 40; i < 48; ++i) lying[i] = '\xff';  // e_shoff
  EXPECT_FALSE(CodeHash(lying));
}

}  // namespace
}  // namespace tilesmith
