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

}  // namespace
}  // namespace tilesmith
