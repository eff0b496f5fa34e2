// The second road: golden data computed by the PyTorch references of tests/reference, and where it
// is at hand that of the kernels' original references, replayed through every kernel's golden and
// default variant.

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tuner/compile/compiler.h"
#include "tuner/gate/verify.h"
#include "tuner/kernel.h"

namespace tilesmith {
namespace {

const std::string kReferences = std::string(TILESMITH_SOURCE_DIR) + "/tests/reference/data";
const std::string kOriginals = std::string(TILESMITH_SOURCE_DIR) + "/../shared/data/goldens";

std::vector<std::string> KernelNames() {
  std::vector<std::string> names;
  for (const auto& kernel : Registry::Get().kernels()) names.push_back(kernel->name);
  return names;
}

std::size_t ExpectAllPass(const std::vector<const KernelSpec*>& kernels,
                          const std::string& folder) {
  Compiler compiler{CompilerOptions{}};
  const std::vector<Verified> rows = VerifyGoldenData(kernels, folder, compiler, GateOptions{});
  for (const Verified& row : rows) {
    EXPECT_TRUE(row.report.ok()) << row.kernel << " " << row.what << ": " << row.report.message;
    EXPECT_GT(row.report.elements, 0) << row.what;
  }
  return rows.size();
}

std::size_t FilesBelow(const std::string& folder) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    files += entry.path().string().find(".safetensors") != std::string::npos ? 1u : 0u;
  }
  return files;
}

class Reference : public testing::TestWithParam<std::string> {};

TEST_P(Reference, OfPyTorchAgrees) {
  const KernelSpec& kernel = *Registry::Get().Find(GetParam());
  EXPECT_GT(ExpectAllPass({&kernel}, kReferences + "/" + kernel.family), 0u);
}

// A file that no kernel claims would be a reference that nobody heeds.
TEST(References, OfTheOriginalsAgree) {
  if (!std::filesystem::exists(kOriginals)) GTEST_SKIP() << "the originals' data is not here";
  std::vector<const KernelSpec*> kernels;
  for (const auto& kernel : Registry::Get().kernels()) kernels.push_back(kernel.get());
  EXPECT_EQ(ExpectAllPass(kernels, kOriginals), 2 * FilesBelow(kOriginals));  // golden and variant
}

INSTANTIATE_TEST_SUITE_P(Kernels, Reference, testing::ValuesIn(KernelNames()),
                         [](const auto& kernel) { return kernel.param; });

}  // namespace
}  // namespace tilesmith
