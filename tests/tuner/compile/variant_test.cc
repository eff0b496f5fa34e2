#include "tuner/compile/variant.h"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/error.h"
#include "tests/tuner/compile/tiny_kernel.h"
#include "tuner/compile/compiler.h"
#include "tuner/compile/process.h"

namespace tilesmith {
namespace {

using testing::HasSubstr;
using testing_kernel::Args;
using testing_kernel::FreshFolder;
using testing_kernel::TestOptions;
using testing_kernel::Tiles;
using testing_kernel::TinyKernel;

constexpr int kSize = 21;  // no multiple of a block

class VariantTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (FindProgram(GetParam()).empty()) GTEST_SKIP() << GetParam() << " is not installed";
    folder_ = FreshFolder(std::string("variant_") + GetParam());
    options_ = TestOptions(folder_);
    options_.compiler = GetParam();
    for (int i = 0; i < kSize; ++i) x_.push_back(i);
  }

  std::vector<Compiled> Compile(const std::vector<Config>& configs) {
    const auto compiled = Compiler(options_).Compile(TinyKernel(folder_), configs);
    for (const Compiled& c : compiled) EXPECT_EQ(c.message, "");
    return compiled;
  }

  Args Run(const Variant& variant) {
    y_.assign(kSize, -1);
    Args args{x_.data(), y_.data(), kSize, -1, -1};
    variant.Run(&args);
    return args;
  }

  std::string folder_;
  CompilerOptions options_;
  std::vector<int> x_, y_;
};

INSTANTIATE_TEST_SUITE_P(All, VariantTest, testing::Values("g++", "clang++"),
                         [](const auto& param) {
                           return std::string(param.param) == "g++" ? "gcc" : "clang";
                         });

TEST_P(VariantTest, ComputesWithItsOwnTiles) {
  const auto compiled = Compile({Tiles(4, 3), Tiles(16, 5)});
  const Variant threefold(compiled[0].library), fivefold(compiled[1].library);
  Run(threefold);
  for (int i = 0; i < kSize; ++i) EXPECT_EQ(y_[static_cast<std::size_t>(i)], 3 * i);
  Run(fivefold);
  for (int i = 0; i < kSize; ++i) EXPECT_EQ(y_[static_cast<std::size_t>(i)], 5 * i);
}

TEST_P(VariantTest, SetThreadsReachesKernelAndRuntime) {
  const Variant variant(Compile({Tiles(4)})[0].library);
  EXPECT_EQ(Run(variant).thread_count, 0);
  for (const int threads : {3, 1, 2}) {
    variant.SetThreads(threads);
    const Args args = Run(variant);
    EXPECT_EQ(args.thread_count, threads);
    EXPECT_EQ(args.team, threads);
  }
  variant.SetThreads(0);
  EXPECT_EQ(Run(variant).thread_count, 0);
}

TEST_P(VariantTest, ThreadCountsAreNotShared) {
  const auto compiled = Compile({Tiles(4), Tiles(2)});
  const Variant a(compiled[0].library), b(compiled[1].library);
  a.SetThreads(3);
  b.SetThreads(1);
  EXPECT_EQ(Run(a).thread_count, 3);
  EXPECT_EQ(Run(b).thread_count, 1);
}

TEST_P(VariantTest, KernelsMayIncludeOmpH) {
  const std::string header = std::string("#include <omp.h>\n") + testing_kernel::kHeader;
  const auto compiled = Compiler(options_).Compile(TinyKernel(folder_, header), {Tiles(4)});
  EXPECT_EQ(compiled[0].message, "");
}

TEST_P(VariantTest, MovesKeepItLoaded) {
  const auto compiled = Compile({Tiles(4), Tiles(2)});
  Variant a(compiled[0].library);
  Variant b(std::move(a));
  b.SetThreads(2);
  EXPECT_EQ(Run(b).thread_count, 2);
  b = Variant(compiled[1].library);
  EXPECT_EQ(Run(b).thread_count, 0);
}

std::string WhyNot(const std::string& library) {
  try {
    const Variant variant(library);
  } catch (const UserError& mistake) {
    return mistake.what();
  }
  return {};
}

/// A shared object made of this source.
std::string Build(const std::string& folder, const std::string& name, const std::string& source) {
  const std::string library = folder + "/" + name + ".so";
  const Finished built = tilesmith::Run(
      {{"c++", "-shared", "-fPIC", "-x", "c++", "-", "-o", library}, source, {}}, 60);
  EXPECT_TRUE(built.ok()) << built.errors;
  return library;
}

TEST(Variant, RefusesWhatIsNone) {
  const std::string folder = FreshFolder("variant_refused");
  EXPECT_THAT(WhyNot(folder + "/nothing.so"), HasSubstr("nothing.so"));
  EXPECT_THAT(WhyNot(Build(folder, "other", "int f() { return 0; }")),
              HasSubstr("it has no tilesmith_abi_version"));
  EXPECT_THAT(
      WhyNot(Build(folder, "old", "extern \"C\" int tilesmith_abi_version() { return -1; }")),
      HasSubstr("its ABI is -1, not "));
  EXPECT_THAT(WhyNot(Build(folder, "undefined", "void g(); void f() { g(); }")),
              HasSubstr("_Z1gv"));
}

}  // namespace
}  // namespace tilesmith
