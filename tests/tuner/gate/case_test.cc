#include "tuner/gate/case.h"

#include <cmath>
#include <cstring>
#include <map>
#include <set>
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
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<double> Numbers(const KernelSpec& kernel, const Case& made, std::size_t operand,
                            const std::byte* data) {
  std::vector<double> numbers;
  for (std::size_t i = 0; i < made.shapes[operand].elements; ++i) {
    numbers.push_back(ReadElement(kernel.operands[operand].dtype, data, i));
  }
  return numbers;
}

std::vector<double> Inputs(const KernelSpec& kernel, const Case& made, std::size_t operand) {
  return Numbers(kernel, made, operand, made.inputs[operand].data());
}

std::vector<double> Expected(const KernelSpec& kernel, const Case& made, std::size_t operand) {
  return Numbers(kernel, made, operand, made.expected[operand].data());
}

std::string GoldenComplaint(void (*golden)(const Args&), const Limits& limits = {}) {
  KernelSpec kernel = MakeKernel();
  kernel.golden = [golden](const void* args) { golden(*static_cast<const Args*>(args)); };
  Case made = MakeInputs(kernel, Sizes(3, 5), 1);
  try {
    ComputeGolden(kernel, made, limits);
  } catch (const UserError& error) {
    return error.what();
  }
  return {};
}

// --- shapes ---

TEST(ShapeOfTest, EvaluatesExpressions) {
  const KernelSpec kernel = MakeKernel();
  const OperandShape shape = ShapeOf(kernel, kernel.operands[kCodes], Sizes(3, 5).dims);
  EXPECT_THAT(shape.shape, ElementsAre(10));
  EXPECT_EQ(shape.bytes, 10u);
  EXPECT_EQ(ShapeOf(kernel, kernel.operands[kX], Sizes(3, 5).dims).bytes, 60u);
}

TEST(ShapeOfTest, NamesKernelAndOperandInComplaints) {
  KernelSpec kernel = MakeKernel();
  kernel.operands[kX].shape = {"T - 4"};
  EXPECT_THAT([&] { ShapeOf(kernel, kernel.operands[kX], Sizes(3, 5).dims); },
              testing::ThrowsMessage<UserError>(
                  AllOf(HasSubstr("'x'"), HasSubstr("'gate_test'"), HasSubstr("T - 4 = -1"))));
  kernel.operands[kX].shape = {"T * W"};
  EXPECT_THAT([&] { ShapeOf(kernel, kernel.operands[kX], Sizes(3, 5).dims); },
              testing::ThrowsMessage<UserError>(AllOf(HasSubstr("'x'"), HasSubstr("W"))));
}

TEST(ShapeOfTest, BytesBeyondCountingAreRefused) {
  KernelSpec kernel = MakeKernel();
  const auto sized = [&](std::int64_t t, std::int64_t d) {
    return [&kernel, t, d] { ShapeOf(kernel, kernel.operands[kX], Sizes(t, d).dims); };
  };
  const std::int64_t large = std::int64_t{1} << 31;
  EXPECT_NO_THROW(sized(large, large / 4)());
  EXPECT_THAT(sized(large, large), testing::ThrowsMessage<UserError>(HasSubstr("'x'")));
  EXPECT_THAT(sized(large, 2 * large), testing::ThrowsMessage<UserError>(HasSubstr("'x'")));
}

TEST(DimensionTest, KnowsWhatItsMemberHolds) {
  EXPECT_EQ(MakeKernel().dims[0].largest, 2147483647);
}

// --- inputs ---

TEST(MakeInputsTest, FillsByDescription) {
  const KernelSpec kernel = MakeKernel();
  const Case made = MakeInputs(kernel, Sizes(3, 1000), 1);
  EXPECT_THAT(Inputs(kernel, made, kState), Each(7));
  const std::vector<double> weights = Inputs(kernel, made, kWeights);
  EXPECT_EQ(weights[0], 1);
  EXPECT_EQ(weights[4], 2.5);  // cycled
  EXPECT_EQ(weights[5], -3);
  EXPECT_EQ(made.inputs[kY].data(), nullptr);
  EXPECT_EQ(made.inputs[kScratch].data(), nullptr);
  EXPECT_EQ(made.expected[kX].data(), nullptr);
  EXPECT_EQ(made.expected[kY].size(), 12000u);
  EXPECT_THAT(made.scalars, ElementsAre(2.5));
}

TEST(MakeInputsTest, UniformIntegersAreEquallyLikely) {
  const KernelSpec kernel = MakeKernel();
  const Case made = MakeInputs(kernel, Sizes(1, 5000), 1);
  std::map<double, int> counts;
  for (const double code : Inputs(kernel, made, kCodes)) ++counts[code];
  ASSERT_EQ(counts.size(), 5u);  // -2 … 2 of 10,000: 2,000 each, deviation 40
  for (const auto& [code, count] : counts) EXPECT_NEAR(count, 2000, 160) << code;
}

TEST(MakeInputsTest, NormalHasItsMeanAndDeviation) {
  const KernelSpec kernel = MakeKernel();
  const Case made = MakeInputs(kernel, Sizes(10, 1000), 1);
  double sum = 0, squares = 0;
  for (const double x : Inputs(kernel, made, kX)) {
    sum += x;
    squares += (x - 1) * (x - 1);
  }
  EXPECT_NEAR(sum / 1e4, 1, 0.08);  // 4 deviations of 2 / 100
  EXPECT_NEAR(std::sqrt(squares / 1e4), 2, 0.06);
}

TEST(MakeInputsTest, TheSeedDecidesEverything) {
  const KernelSpec kernel = MakeKernel();
  const auto x = [&](std::uint64_t seed) {
    return Inputs(kernel, MakeInputs(kernel, Sizes(3, 50), seed), kX);
  };
  EXPECT_EQ(x(1), x(1));
  EXPECT_NE(x(1), x(2));
}

TEST(MakeInputsTest, OperandsAreIndependentOfThoseAfterThem) {
  KernelSpec kernel = MakeKernel();
  const Case before = MakeInputs(kernel, Sizes(3, 50), 1);
  kernel.operands.push_back(kernel.operands[kX]);
  const Case after = MakeInputs(kernel, Sizes(3, 50), 1);
  EXPECT_EQ(Inputs(kernel, before, kX), Inputs(kernel, after, kX));
  EXPECT_EQ(Inputs(kernel, before, kCodes), Inputs(kernel, after, kCodes));
  EXPECT_NE(Inputs(kernel, after, kX), Inputs(kernel, after, kernel.operands.size() - 1));
}

TEST(MakeInputsTest, OddSeedsEndAtTheGuardAndEvenOnesBeginThere) {
  const KernelSpec kernel = MakeKernel();
  const Case odd = MakeInputs(kernel, Sizes(3, 5), 1);
  const Case even = MakeInputs(kernel, Sizes(3, 5), 2);
  const GuardedBuffer& ends = odd.inputs[kX];
  EXPECT_EQ(ends.data() + ends.size(), ends.pages() + ends.pages_size());
  EXPECT_EQ(even.inputs[kX].data(), even.inputs[kX].pages());
}

TEST(MakeInputsTest, PrepareSeesTheFillsAndChangesThem) {
  KernelSpec kernel = MakeKernel();
  kernel.prepare = [](CaseInputs& inputs) {
    EXPECT_EQ(inputs.Get<float>("state")[0], 7);
    inputs.Get<float>("x")[0] = static_cast<float>(inputs.Dim("D"));
    inputs.Get<float>("x")[1] = static_cast<float>(inputs.Random() % 1000);
    inputs.Get<float>("x")[2] = static_cast<float>(inputs.RandomNormal());
  };
  const Case made = MakeInputs(kernel, Sizes(3, 5), 1);
  EXPECT_EQ(Inputs(kernel, made, kX)[0], 5);
  EXPECT_EQ(Inputs(kernel, made, kX), Inputs(kernel, MakeInputs(kernel, Sizes(3, 5), 1), kX));
}

TEST(MakeInputsTest, PrepareIsToldItsMistakes) {
  KernelSpec kernel = MakeKernel();
  const auto complaint = [&](std::function<void(CaseInputs&)> prepare) -> std::string {
    kernel.prepare = std::move(prepare);
    try {
      MakeInputs(kernel, Sizes(3, 5), 1);
    } catch (const UserError& error) {
      return error.what();
    }
    return {};
  };
  EXPECT_THAT(complaint([](CaseInputs& inputs) { inputs.Dim("W"); }), HasSubstr("dimension 'W'"));
  EXPECT_THAT(complaint([](CaseInputs& inputs) { inputs.Get<bf16>("x"); }),
              HasSubstr("'x' as bf16"));
  EXPECT_THAT(complaint([](CaseInputs& inputs) { inputs.Get<float>("y"); }),
              HasSubstr("'y' as f32"));
}

TEST(MakeInputsDeathTest, InputsAreReadOnly) {
  const KernelSpec kernel = MakeKernel();
  const Case made = MakeInputs(kernel, Sizes(3, 5), 1);
  for (const std::size_t i : {kX, kState})
    EXPECT_DEATH(made.inputs[i].data()[0] = std::byte{1}, "");
}

TEST(MakeInputsTest, AProblemMustHaveEveryDimension) {
  const KernelSpec kernel = MakeKernel();
  EXPECT_THROW(MakeInputs(kernel, {"short", {{"T", 3}}}, 1), UserError);
}

// --- goldens ---

TEST(ComputeGoldenTest, WritesExpectedOutputs) {
  const KernelSpec kernel = MakeKernel();
  Case made = MakeInputs(kernel, Sizes(3, 5), 1);
  ComputeGolden(kernel, made, {});
  const std::vector<double> x = Inputs(kernel, made, kX), y = Expected(kernel, made, kY);
  for (std::size_t i = 0; i < y.size(); ++i) EXPECT_EQ(y[i], static_cast<float>(x[i] * 2.5));
  EXPECT_THAT(Expected(kernel, made, kState), Each(8));  // what it was, and one
  EXPECT_THAT(Inputs(kernel, made, kState), Each(7));
}

TEST(ComputeGoldenTest, ACrashIsAMistakeOfTheUser) {
  const std::string complaint = GoldenComplaint([](const Args&) { std::abort(); });
  EXPECT_THAT(complaint, HasSubstr("golden of 'gate_test' failed: signal 6"));
  EXPECT_THAT(complaint, HasSubstr("T=3,D=5 seed 1"));
}

TEST(ComputeGoldenTest, ReachingPastAnOperandIsFoundOut) {
  EXPECT_THAT(GoldenComplaint([](const Args& a) { a.y[15] = 1; }), HasSubstr("past the end of y"));
  EXPECT_THAT(GoldenComplaint([](const Args& a) { a.y[-1] = 1; }),
              HasSubstr("before the start of y"));
  EXPECT_THAT(GoldenComplaint([](const Args& a) { a.y[0] = a.x[15]; }),
              HasSubstr("past the end of x"));
  EXPECT_THAT(GoldenComplaint([](const Args& a) { const_cast<float*>(a.x)[2] = 1; }),
              HasSubstr("overwrote input x at element 2"));
}

TEST(ComputeGoldenTest, GoldensHaveLimitsToo) {
  const Limits limits{.total_s = 0.2};
  EXPECT_THAT(GoldenComplaint(
                  [](const Args& a) {
                    while (*const_cast<volatile int*>(&a.T) > 0) {
                    }
                  },
                  limits),
              HasSubstr("no end after"));
}

TEST(MakeLikeTest, HasTheSameInputsAndRoomOfItsOwn) {
  const KernelSpec kernel = MakeKernel();
  const Case made = MakeInputs(kernel, Sizes(3, 5), 1);
  Case like = MakeLike(kernel, made);
  EXPECT_EQ(Inputs(kernel, made, kX), Inputs(kernel, like, kX));
  ComputeGolden(kernel, like, {});
  EXPECT_THAT(Expected(kernel, made, kY), Each(0));
  EXPECT_EQ(made.Bytes(), like.Bytes());
}

TEST(CaseLibraryTest, MakesACaseOnce) {
  const KernelSpec kernel = MakeKernel();
  CaseLibrary library(kernel, {});
  const auto one = library.Get(Sizes(3, 5), 1);
  EXPECT_EQ(library.Get({"another name", Sizes(3, 5).dims}, 1), one);
  EXPECT_NE(library.Get(Sizes(3, 5), 2), one);
  EXPECT_NE(library.Get(Sizes(5, 3), 1), one);
  EXPECT_THAT(Expected(kernel, *one, kState), Each(8));
  EXPECT_EQ(one->Name(), "T=3,D=5 seed 1");
}

}  // namespace
}  // namespace tilesmith
