#include "tuner/sweep/provenance.h"

#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/error.h"
#include "tests/tuner/sweep/sweep_kernel.h"

namespace tilesmith {
namespace {

using namespace testing_sweep;
using testing::HasSubstr;

class ProvenanceTest : public testing::Test {
 protected:
  ProvenanceTest() : shop_("provenance_test"), kernel_(MakeKernel(shop_.folder, "adder")) {}

  /// As a process that starts now would see it.
  Provenance Now() {
    Compiler compiler(InFolder(shop_.folder));
    Workshop workshop(shop_.store, compiler, shop_.machine);
    return CurrentProvenance(kernel_, space_, workshop, options_);
  }

  void WriteFile(const std::string& name, const std::string& text) {
    Write(shop_.folder + "/" + name, text);
  }

  Shop shop_;
  KernelSpec kernel_;
  SpaceDefinition space_ = MakeSpace("adder", {16, 32});
  SweepOptions options_ = QuickOptions();
};

TEST_F(ProvenanceTest, IsTheSameWhileNothingChanges) {
  const Provenance before = Now();
  EXPECT_EQ(Now(), before);
  EXPECT_EQ(before.kernel, "adder");
  EXPECT_EQ(before.threads, 1);
  EXPECT_EQ(before.machine, shop_.machine.Record().fingerprint);
  EXPECT_EQ(before.compiler, shop_.compiler.path());
  EXPECT_NE(before.tool_version, "");
  EXPECT_THAT(before.pinning, HasSubstr("cpus "));
}

TEST_F(ProvenanceTest, ChangesWithTheKernelsSource) {
  const Provenance before = Now();
  std::string header = kHeader;
  WriteFile("adder_kernel.h",
            header.replace(header.find("a.x[i] + kTiles"), 15, "kTiles.ADD + 0 + a.x[i] - kTiles"));
  const Provenance after = Now();
  EXPECT_NE(after.source_hash, before.source_hash);
  EXPECT_EQ(after.space_hash, before.space_hash);
}

TEST_F(ProvenanceTest, ChangesWithTheGoldensText) {
  WriteFile("adder_golden.cc", "// beside the registration, by its stem\n");
  WriteFile("rounding.h", "// what the golden includes\n");
  WriteFile("adder.cc", "#include \"rounding.h\"\n# include <vector>\n");
  Provenance before = Now();
  for (const char* name : {"adder_golden.cc", "rounding.h"}) {
    WriteFile(name, "// another golden\n");
    Provenance after = Now();
    EXPECT_NE(after.golden_hash, before.golden_hash) << name;
    before.golden_hash = after.golden_hash;
    EXPECT_EQ(after, before) << name;  // nothing else has changed
  }
}

TEST_F(ProvenanceTest, IgnoresUnrelatedFiles) {
  const Provenance before = Now();
  WriteFile("other.cc", "int other;\n");
  WriteFile("adder.toml", "# not a source\n");
  WriteFile("multiplier.cc", "#include \"adder_kernel.h\"\n");
  EXPECT_EQ(Now(), before);
}

TEST_F(ProvenanceTest, IgnoresWhereTheGoldenLies) {
  const Provenance before = Now();
  kernel_ = MakeKernel(FreshFolder("provenance_test_moved"), "adder");
  EXPECT_EQ(Now().golden_hash, before.golden_hash);
}

TEST_F(ProvenanceTest, AddingValuesInvalidatesNothing) {
  const Provenance before = Now();
  space_.tiles[0].values.push_back(128);
  space_.problems.push_back({"larger", {{"N", 4000}}});
  EXPECT_EQ(Now(), before);
  space_.ragged[0].dims[0].second = 78;  // another proof
  EXPECT_NE(Now().space_hash, before.space_hash);
}

TEST_F(ProvenanceTest, KnowsThreadsAndSeed) {
  const Provenance before = Now();
  options_.gate.first_seed = 7;
  EXPECT_EQ(Now().seed, 7u);
  options_.threads = 0;
  EXPECT_EQ(Now().threads, shop_.machine.cores);
  options_.seed = 99;  // of strategy and duel: no part of a trial's truth
  options_.threads = 1;
  options_.gate.first_seed = 1;
  EXPECT_EQ(Now(), before);
}

TEST_F(ProvenanceTest, NamesASourceThatIsGone) {
  std::filesystem::remove(kernel_.registration_file);
  EXPECT_THAT([&] { Now(); }, testing::ThrowsMessage<UserError>(HasSubstr("adder.cc")));
  kernel_ = MakeKernel(shop_.folder, "adder");
  std::filesystem::remove(kernel_.header);
  EXPECT_THAT([&] { Now(); }, testing::ThrowsMessage<UserError>(HasSubstr("adder_kernel.h")));
}

}  // namespace
}  // namespace tilesmith
