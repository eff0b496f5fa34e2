#include "tuner/sweep/workbench.h"

#include <algorithm>
#include <memory>
#include <random>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "tests/tuner/gate/scale_kernel.h"
#include "tuner/compile/compiler.h"

namespace tilesmith {
namespace {

using testing_gate::kCodes;
using testing_gate::kState;
using testing_gate::kX;
using testing_gate::MakeKernel;
using testing_gate::Sizes;

std::shared_ptr<Case> MakeCase(const KernelSpec& kernel) {
  auto made = std::make_shared<Case>(MakeInputs(kernel, Sizes(8, 256), 1));
  ComputeGolden(kernel, *made, {});
  return made;
}

KernelSpec ColdKernel() {
  KernelSpec kernel = MakeKernel();
  kernel.operands[kX].cold = kernel.operands[kCodes].cold = true;
  return kernel;
}

Variant LoadVariant(const KernelSpec& kernel) {
  CompilerOptions options;
  options.cache_folder = testing::TempDir() + "workbench_test_cache";
  Compiler compiler(options);
  return Variant(compiler.Compile(kernel, {Config::Parse("T_TILE=4")}).front().library);
}

TEST(WorkbenchTest, WithoutColdOperandsThereIsOneCopy) {
  const KernelSpec kernel = MakeKernel();
  Workbench bench(kernel, MakeCase(kernel), 1 << 20);
  EXPECT_EQ(bench.copies(), 1);
  EXPECT_EQ(bench.cold_bytes(), 0u);
  EXPECT_EQ(bench.NextCopy(), 0u);
}

TEST(WorkbenchTest, CopiesExceedTheCacheByHalf) {
  const KernelSpec kernel = ColdKernel();
  const Workbench bench(kernel, MakeCase(kernel), 100'000);
  EXPECT_EQ(bench.cold_bytes(), 4u * 8 * 256 + 512);
  const double all = static_cast<double>(bench.cold_bytes()) * bench.copies();
  EXPECT_GE(all, 150'000);
  EXPECT_LT(all, 150'000 + 2 * static_cast<double>(bench.cold_bytes()));
}

TEST(WorkbenchTest, ColdOperandsHaveAtLeastTwoCopies) {
  const KernelSpec kernel = ColdKernel();
  EXPECT_EQ(Workbench(kernel, MakeCase(kernel), 0).copies(), 2);
}

TEST(WorkbenchTest, EveryCopyHoldsTheInputsApartFromTheOthers) {
  const KernelSpec kernel = ColdKernel();
  const auto problem = MakeCase(kernel);
  const Workbench bench(kernel, problem, 100'000);
  std::set<const std::byte*> ends;
  for (int copy = 0; copy < bench.copies(); ++copy) {
    for (const std::size_t i : {kX, kCodes}) {
      const std::byte* data = bench.ColdData(i, copy);
      const GuardedBuffer& input = problem->inputs[i];
      EXPECT_TRUE(std::equal(data, data + input.size(), input.data()));
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(data) % 64, 0u);
      EXPECT_TRUE(ends.empty() || data > *ends.rbegin());
      ends.insert(data + input.size());
    }
  }
}

TEST(WorkbenchTest, RotationCoversAllCopies) {
  const KernelSpec kernel = ColdKernel();
  Workbench bench(kernel, MakeCase(kernel), 100'000);
  const auto copies = static_cast<std::size_t>(bench.copies());
  for (int round = 0; round < 2; ++round) {
    std::set<std::size_t> seen;
    for (std::size_t i = 0; i < copies; ++i) seen.insert(bench.NextCopy());
    EXPECT_EQ(seen.size(), copies);
    EXPECT_EQ(*seen.rbegin(), copies - 1);
  }
}

TEST(MountedTest, EachCallReadsTheNextCopy) {
  KernelSpec kernel = ColdKernel();
  kernel.operands[kState].direction = Direction::kScratch;  // or each check would call once more
  kernel.golden = [](const void* args) {
    const auto& a = *static_cast<const testing_gate::Args*>(args);
    for (int i = 0; i < a.T * a.D; ++i) a.y[i] = a.x[i] * a.limit;
  };
  Workbench bench(kernel, MakeCase(kernel), 50'000);
  ASSERT_GT(bench.copies(), 3);
  const Variant variant = LoadVariant(kernel);
  std::mt19937_64 layout(1);
  Mounted mounted(bench, variant, layout);
  reinterpret_cast<float*>(bench.ColdData(kX, 2))[7] = 1e6f;  // one copy gives another result
  int wrong = 0;
  for (int call = 0; call < bench.copies(); ++call) {
    mounted.Call();
    wrong += mounted.Recheck().ok ? 0 : 1;
  }
  EXPECT_EQ(wrong, 1);
}

TEST(MountedTest, ARecheckRestoresTheState) {
  const KernelSpec kernel = MakeKernel();
  Workbench bench(kernel, MakeCase(kernel), 0);
  const Variant variant = LoadVariant(kernel);
  std::mt19937_64 layout(1);
  Mounted mounted(bench, variant, layout);
  for (int i = 0; i < 5; ++i) mounted.Call();
  const Judgement judged = mounted.Recheck();
  EXPECT_TRUE(judged.ok) << judged.message;
}

TEST(MountedTest, ARecheckNamesWhatIsWrong) {
  const KernelSpec kernel = MakeKernel();
  const auto problem = MakeCase(kernel);
  Workbench bench(kernel, problem, 0);
  const Variant variant = LoadVariant(kernel);
  std::mt19937_64 layout(1);
  Mounted mounted(bench, variant, layout);
  reinterpret_cast<float*>(problem->expected[testing_gate::kY].data())[258] = 1e6f;
  const Judgement judged = mounted.Recheck();
  EXPECT_FALSE(judged.ok);
  EXPECT_TRUE(judged.message.starts_with("y[1,2] expected 1000000, got ")) << judged.message;
}

}  // namespace
}  // namespace tilesmith
