#include "tuner/sweep/roofline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/error.h"
#include "tests/tuner/gate/scale_kernel.h"

namespace tilesmith {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing_gate::kCodes;
using testing_gate::kX;
using testing_gate::MakeKernel;

const Dims kDims = {{"T", 10}, {"D", 100}};

TEST(WorkOfTest, EvaluatesTheKernelsExpressions) {
  KernelSpec kernel = MakeKernel();
  kernel.flops = "36 * T * D";
  kernel.bytes = "2.5 * D";
  kernel.operands[kX].cold = kernel.operands[kCodes].cold = true;
  const Work work = WorkOf(kernel, kDims);
  EXPECT_EQ(work.flops, 36000);
  EXPECT_EQ(work.bytes, 250);
  EXPECT_EQ(work.cold_bytes, 4 * 1000 + 200);
}

TEST(WorkOfTest, NamesKernelAndExpressionInComplaints) {
  KernelSpec kernel = MakeKernel();
  kernel.flops = "2 * W";
  EXPECT_THAT([&] { WorkOf(kernel, kDims); },
              testing::ThrowsMessage<UserError>(
                  AllOf(HasSubstr("flops of kernel 'gate_test' ('2 * W')"), HasSubstr("W"))));
}

Peaks SomePeaks() {
  Peaks peaks;
  peaks.read_gbytes_per_s = {10, 8, 16};
  peaks.fma_gflops = {15, 12, 20};
  peaks.vnni_gops = {60, 50, 80};
  return peaks;
}

TEST(RooflineTest, ThePeakIsOfTheKernelsArithmetic) {
  KernelSpec kernel = MakeKernel();
  EXPECT_EQ(ArithmeticPeak(kernel, SomePeaks()).median, 15);
  kernel.arithmetic = DType::kI8;
  EXPECT_EQ(ArithmeticPeak(kernel, SomePeaks()).median, 60);
}

TEST(RooflineTest, NothingIsFasterThanItsWorkAtThreeTimesTheBestRates) {
  const KernelSpec kernel = MakeKernel();
  // Three times 20e9 and 16e9 a second: 60 operations and 48 cold bytes per ns.
  EXPECT_DOUBLE_EQ(LeastPlausibleTime(kernel, {6000, 0, 0}, SomePeaks()), 100);
  EXPECT_DOUBLE_EQ(LeastPlausibleTime(kernel, {6000, 0, 9600}, SomePeaks()), 200);
  EXPECT_DOUBLE_EQ(LeastPlausibleTime(kernel, {6000, 1e9, 4800}, SomePeaks()), 100);  // hot is free
}

TEST(RooflineTest, WhatIsUnknownBoundsNothing) {
  EXPECT_EQ(LeastPlausibleTime(MakeKernel(), {3000, 1000, 1000}, Peaks{}), 0);
  EXPECT_EQ(LeastPlausibleTime(MakeKernel(), Work{}, SomePeaks()), 0);
}

}  // namespace
}  // namespace tilesmith
