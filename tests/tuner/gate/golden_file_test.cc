#include "tuner/gate/golden_file.h"

#include <cstring>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/error.h"
#include "tests/tuner/gate/scale_kernel.h"
#include "tuner/gate/elements.h"

namespace tilesmith {
namespace {

using namespace testing_gate;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::StartsWith;

/// A file of the kernel, as its own golden makes it.
SafeTensors Sample(const KernelSpec& kernel) {
  Case made = MakeInputs(kernel, Sizes(3, 5), 1);
  ComputeGolden(kernel, made, {});
  return FileFromCase(kernel, made);
}

Dims Solve(const KernelSpec& kernel, const SafeTensors& file) {
  return CaseFromFile(kernel, "folder/a.safetensors", file).problem.dims;
}

std::string Complaint(const KernelSpec& kernel, const SafeTensors& file) {
  try {
    Solve(kernel, file);
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), StartsWith("folder/a.safetensors: "));
    EXPECT_THAT(error.what(), HasSubstr("'gate_test'"));
    return error.what();
  }
  return {};
}

SafeTensor Number(float value) {
  SafeTensor tensor{"F32", {}, std::vector<std::byte>(4)};
  std::memcpy(tensor.data.data(), &value, 4);
  return tensor;
}

TEST(GoldenFileTest, RoundTrip) {
  const KernelSpec kernel = MakeKernel();
  const SafeTensors file = Sample(kernel);
  const Case read = CaseFromFile(kernel, "folder/a.safetensors", file);
  EXPECT_THAT(read.problem.dims, ElementsAre(Pair("T", 3), Pair("D", 5)));
  EXPECT_EQ(read.problem.name, "a.safetensors");
  const SafeTensors again = FileFromCase(kernel, read);
  ASSERT_EQ(again.tensors.size(), file.tensors.size());
  for (const auto& [name, tensor] : file.tensors) {
    EXPECT_EQ(again.tensors.at(name).data, tensor.data) << name;
    EXPECT_EQ(again.tensors.at(name).shape, tensor.shape) << name;
  }
}

TEST(GoldenFileTest, HoldsInputsOutputsAndBothOfStates) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : Sample(MakeKernel()).tensors) names.push_back(name);
  EXPECT_THAT(names,
              ElementsAre("in.codes", "in.state", "in.weights", "in.x", "out.state", "out.y"));
}

TEST(GoldenFileTest, IsForItsFamilyAndContract) {
  KernelSpec kernel = MakeKernel();
  SafeTensors file = Sample(kernel);
  EXPECT_TRUE(IsFor(file, "f.safetensors", kernel));
  kernel.contract = "V3";
  EXPECT_FALSE(IsFor(file, "f.safetensors", kernel));
  kernel.contract = "";
  EXPECT_TRUE(IsFor(file, "f.safetensors", kernel));
  kernel.family = "other";
  EXPECT_FALSE(IsFor(file, "f.safetensors", kernel));
  file.metadata = {{"kernel", "gate_family"}, {"contract_generation", "V2"}};  // as others spell it
  EXPECT_TRUE(IsFor(file, "f.safetensors", MakeKernel()));
  EXPECT_FALSE(IsFor(SafeTensors{}, "f.safetensors", MakeKernel()));
}

SafeTensors Described(const std::string& kernel, const std::string& of_case = "") {
  SafeTensors file;
  file.metadata = {{"kernel", kernel}, {"case", of_case}};
  return file;
}

TEST(GoldenFileTest, IsForOtherNamesOfItsFamily) {
  KernelSpec kernel = MakeKernel();
  EXPECT_FALSE(IsFor(Described("compressor4"), "f.safetensors", kernel));
  kernel.file_names = {"other", "compressor4"};
  EXPECT_TRUE(IsFor(Described("compressor4"), "f.safetensors", kernel));
  EXPECT_TRUE(IsFor(Described("gate_family"), "f.safetensors", kernel));  // its own still counts
  EXPECT_FALSE(IsFor(Described("compressor"), "f.safetensors", kernel));  // whole names only
  EXPECT_FALSE(IsFor(Described("compressor4x"), "f.safetensors", kernel));
}

TEST(GoldenFileTest, AHintAsksForMoreThanTheName) {
  KernelSpec kernel = MakeKernel();
  kernel.file_names = {"sparse_attn:csa"};
  EXPECT_FALSE(IsFor(Described("sparse_attn"), "f.safetensors", kernel));
  EXPECT_FALSE(IsFor(Described("sparse_attn", "hca flash"), "f.safetensors", kernel));
  EXPECT_FALSE(IsFor(Described("attn", "csa"), "csa.safetensors", kernel));  // not the hint alone
  EXPECT_TRUE(IsFor(Described("sparse_attn", "decode CSA flash"), "f.safetensors", kernel));
  EXPECT_TRUE(IsFor(Described("sparse_attn"), "data/attn_csa_1.safetensors", kernel));
  EXPECT_FALSE(IsFor(Described("sparse_attn"), "csa/f.safetensors", kernel));  // a folder holds all
  kernel.file_names = {"csa_attn:CSA"};
  EXPECT_TRUE(IsFor(Described("csa_attn"), "f.safetensors", kernel));  // the kernel's own name may
}

TEST(GoldenFileTest, OtherNamesAreOfTheSameContract) {
  KernelSpec kernel = MakeKernel();
  kernel.file_names = {"compressor4"};
  SafeTensors file = Described("compressor4");
  file.metadata["contract"] = "V2";
  EXPECT_TRUE(IsFor(file, "f.safetensors", kernel));
  file.metadata["contract"] = "V3";
  EXPECT_FALSE(IsFor(file, "f.safetensors", kernel));
}

// --- dimensions ---

TEST(GoldenFileTest, SolvesDimensionsFromShapeExpressions) {
  KernelSpec kernel = MakeKernel();
  SafeTensors file = Sample(kernel);
  file.metadata.erase("dims");
  EXPECT_THAT(Solve(kernel, file), ElementsAre(Pair("T", 3), Pair("D", 5)));
  kernel.operands[kX].shape = {
      "T * D"};  // grouped otherwise than in the file: D is known from others
  kernel.operands[kY].shape = {"T * D"};
  kernel.operands[kState].shape = {"2 * T - 3"};
  EXPECT_THAT(Solve(kernel, file), ElementsAre(Pair("T", 3), Pair("D", 5)));
}

TEST(GoldenFileTest, AcceptsAnotherGroupingOfTheSameElements) {
  const KernelSpec kernel = MakeKernel();
  SafeTensors file = Sample(kernel);
  file.metadata.erase("dims");
  file.tensors["in.state"].shape = {3, 1};
  file.tensors["in.x"].shape = {1, 3, 5};
  EXPECT_THAT(Solve(kernel, file), ElementsAre(Pair("T", 3), Pair("D", 5)));
}

TEST(GoldenFileTest, SaysWhichDimensionNoShapeTells) {
  KernelSpec kernel = MakeKernel();
  SafeTensors file = Sample(kernel);
  kernel.dims.push_back({"W", [](void*, std::int64_t) {}});
  EXPECT_THAT(Complaint(kernel, file), HasSubstr("no tensor's shape tells dimension 'W'"));
  file.metadata["dims"] = R"({"W": 11})";
  EXPECT_THAT(Solve(kernel, file), ElementsAre(Pair("T", 3), Pair("D", 5), Pair("W", 11)));
  file.metadata["dims"] = "{}";
  file.tensors["in.W"] = Number(12);
  EXPECT_THAT(Solve(kernel, file), ElementsAre(Pair("T", 3), Pair("D", 5), Pair("W", 12)));
}

TEST(GoldenFileTest, DimensionsHaveOtherNamesInMetadata) {
  KernelSpec kernel = MakeKernel();
  SafeTensors file = Sample(kernel);
  kernel.dims.push_back({"W", [](void*, std::int64_t) {}});
  file.metadata["dims"] = R"({"Window_Size": 128})";
  EXPECT_THAT(Complaint(kernel, file), HasSubstr("dimension 'W'"));
  kernel.dims.back().aliases = {"win", "window_size"};
  EXPECT_THAT(Solve(kernel, file), ElementsAre(Pair("T", 3), Pair("D", 5), Pair("W", 128)));
  file.metadata["dims"] = R"({"win": 7, "W": 9})";  // its own name first
  EXPECT_THAT(Solve(kernel, file), ElementsAre(Pair("T", 3), Pair("D", 5), Pair("W", 9)));
  file.tensors["in.win"] = Number(11);  // a tensor before the metadata
  EXPECT_THAT(Solve(kernel, file), ElementsAre(Pair("T", 3), Pair("D", 5), Pair("W", 11)));
}

TEST(GoldenFileTest, AMetadataDimensionThatContradictsTheShapesIsRefused) {
  const KernelSpec kernel = MakeKernel();
  SafeTensors file = Sample(kernel);
  file.metadata["dims"] = R"({"T": 4})";
  EXPECT_THAT(Complaint(kernel, file), HasSubstr("has shape [3,5], the contract says [4,"));
}

// --- outputs that others lack ---

TEST(GoldenFileTest, AnOptionalOutputMayBeMissing) {
  KernelSpec kernel = MakeKernel();
  kernel.operands[kY].optional_in_files = true;
  SafeTensors file = Sample(kernel);
  EXPECT_NE(CaseFromFile(kernel, "folder/a.safetensors", file).expected[kY].data(), nullptr);
  file.tensors.erase("out.y");
  const Case made = CaseFromFile(kernel, "folder/a.safetensors", file);
  EXPECT_EQ(made.expected[kY].data(), nullptr);
  EXPECT_NE(made.expected[kState].data(), nullptr);
  EXPECT_EQ(made.shapes[kY].elements, 15u);  // the kernel writes it all the same
  EXPECT_THAT(made.problem.dims, ElementsAre(Pair("T", 3), Pair("D", 5)));
}

TEST(GoldenFileTest, AnOptionalOutputThatIsThereMustFit) {
  KernelSpec kernel = MakeKernel();
  kernel.operands[kY].optional_in_files = true;
  SafeTensors file = Sample(kernel);
  file.tensors["out.y"].dtype = "BF16";
  EXPECT_THAT(Complaint(kernel, file), HasSubstr("tensor 'out.y' is BF16"));
}

// --- complaints ---

TEST(GoldenFileTest, NamesAMissingTensor) {
  const KernelSpec kernel = MakeKernel();
  for (const char* name : {"in.x", "in.state", "out.state", "out.y"}) {
    SafeTensors file = Sample(kernel);
    file.tensors.erase(name);
    EXPECT_THAT(Complaint(kernel, file),
                HasSubstr(std::string("tensor '") + name + "' is missing"));
  }
}

TEST(GoldenFileTest, NamesAWrongDtype) {
  const KernelSpec kernel = MakeKernel();
  SafeTensors file = Sample(kernel);
  file.tensors["in.weights"].dtype = "F16";
  EXPECT_THAT(Complaint(kernel, file),
              HasSubstr("tensor 'in.weights' is F16, the contract says BF16"));
}

TEST(GoldenFileTest, NamesAWrongShape) {
  const KernelSpec kernel = MakeKernel();
  SafeTensors file = Sample(kernel);
  file.tensors["out.y"].shape = {2, 5};
  file.tensors["out.y"].data.resize(40);
  EXPECT_THAT(Complaint(kernel, file),
              AllOf(HasSubstr("'out.y' has shape [2,5]"), HasSubstr("says [3,5]")));
}

// --- scalars ---

TEST(GoldenFileTest, ScalarsComeFromTensorMetadataOrRegistration) {
  const KernelSpec kernel = MakeKernel();
  SafeTensors file = Sample(kernel);
  const auto limit = [&] { return CaseFromFile(kernel, "a", file).scalars.at(0); };
  file.metadata["dims"] = "no JSON";
  EXPECT_EQ(limit(), 2.5);  // the registration's
  file.metadata["dims"] = R"({"LIMIT": 4.5, "hidden_size": 5})";
  EXPECT_EQ(limit(), 4.5);
  file.tensors["in.limit"] = Number(8);
  EXPECT_EQ(limit(), 8);
  file.tensors["in.limit"] = {"F32", {2}, std::vector<std::byte>(8)};
  EXPECT_THAT(Complaint(kernel, file), HasSubstr("'in.limit' is no single number"));
}

TEST(GoldenFileTest, SwitchesAreScalars) {
  const KernelSpec kernel = MakeKernel();
  SafeTensors file = Sample(kernel);
  file.tensors["in." + kernel.scalars.at(0).name] = {"BOOL", {}, {std::byte{1}}};
  EXPECT_EQ(CaseFromFile(kernel, "a", file).scalars.at(0), 1);
}

TEST(GoldenFileTest, ScalarsHaveOtherNames) {
  KernelSpec kernel = MakeKernel();
  SafeTensors file = Sample(kernel);
  const auto limit = [&] { return CaseFromFile(kernel, "a", file).scalars.at(0); };
  file.metadata["dims"] = R"({"swiglu_limit": 10})";
  EXPECT_EQ(limit(), 2.5);
  kernel.scalars[0].aliases = {"SWIGLU_LIMIT", "clamp"};
  EXPECT_EQ(limit(), 10);
  file.metadata["dims"] = R"({"swiglu_limit": 10, "limit": 6})";
  EXPECT_EQ(limit(), 6);
  file.tensors["in.clamp"] = Number(3);
  EXPECT_EQ(limit(), 3);
}

TEST(GoldenFileTest, TheBuilderTakesOtherNames) {
  struct Seed {
    int T_TILE = 1;
  };
  const KernelSpec* const spec = Kernel<Args>("gate_alias_test")
                                     .Template("scale_args.h", "x", &Scale<Seed{}>)
                                     .GoldenFiles({"a", "b:c"})
                                     .Dim("T", &Args::T)
                                     .AlsoCalled("tokens")
                                     .Dim("D", &Args::D)
                                     .Scalar("limit", &Args::limit, 2)
                                     .AlsoCalled("clamp")
                                     .AlsoCalled("cap")
                                     .Output("state", &Args::state, {"T"}, Exact())
                                     .Output("y", &Args::y, {"T", "D"}, Exact())
                                     .OptionalInFiles()
                                     .Golden(&Golden)
                                     .Register();
  ASSERT_NE(spec, nullptr);
  EXPECT_THAT(spec->file_names, ElementsAre("a", "b:c"));
  EXPECT_THAT(spec->dims[0].aliases, ElementsAre("tokens"));
  EXPECT_THAT(spec->dims[1].aliases, ElementsAre());
  EXPECT_THAT(spec->scalars[0].aliases, ElementsAre("clamp", "cap"));
  EXPECT_FALSE(spec->operands[0].optional_in_files);
  EXPECT_TRUE(spec->operands[1].optional_in_files);
}

}  // namespace
}  // namespace tilesmith
