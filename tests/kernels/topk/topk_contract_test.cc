#include "kernels/topk/topk_contract.h"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kernels {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::vector<float> kScores = {5, 1, 4, 4.05f, -2};

std::string Check(const std::vector<std::int32_t>& chosen, std::size_t k = 3, double bound = 0.05,
                  std::int32_t offset = 0, const std::vector<float>& scores = kScores) {
  const TopKRowCheck row{scores, chosen, k, offset, [bound](double) { return bound; }};
  const tilesmith::Finding found = CheckTopK(row, "idx");
  EXPECT_EQ(found.message.empty(), found.error_share <= 1) << found.message;
  return found.message;
}

TEST(TopKContract, TheRightOrderIsRight) {
  EXPECT_THAT(Check({0, 3, 2}), IsEmpty());
  EXPECT_THAT(Check({0, 3, 2}, 3, 0), IsEmpty());
  EXPECT_THAT(Check({128, 131, 130, -1, -1}, 3, 0, 128), IsEmpty());
  EXPECT_THAT(Check({0, 3, 2, 1, 4, -1}, 9, 0), IsEmpty());
  EXPECT_THAT(Check({-1, -1}, 2, 0, 0, {}), IsEmpty());
}

// 4 and 4.05 may change places when either is known to 0.05 only, not when to 0.02.
TEST(TopKContract, WhatTheBoundExplainsIsRight) {
  EXPECT_THAT(Check({0, 2, 3}), IsEmpty());
  EXPECT_THAT(Check({0, 2}, 2), IsEmpty());
  EXPECT_THAT(Check({0, 2, 3}, 3, 0.02), HasSubstr("idx[2] is 3"));
  EXPECT_THAT(Check({0, 2}, 2, 0.02), HasSubstr("idx omits 3"));
}

TEST(TopKContract, ShareTellsHowNearToFailing) {
  const std::vector<std::int32_t> chosen = {0, 2, 3};
  const TopKRowCheck row{kScores, chosen, 3, 0, [](double) { return 0.05; }};
  EXPECT_NEAR(CheckTopK(row, "idx").error_share, 0.5, 1e-4);
}

TEST(TopKContract, NoSelectionIsWrong) {
  EXPECT_THAT(Check({0, 3, 3}), HasSubstr("second time"));
  EXPECT_THAT(Check({0, 3, 5}), HasSubstr("outside [0, 5)"));
  EXPECT_THAT(Check({0, 3, -1}), HasSubstr("outside"));
  EXPECT_THAT(Check({0, 3, 2}, 3, 0.05, 128), HasSubstr("outside [128, 133)"));
  EXPECT_THAT(Check({0, 3, 2, 1}), HasSubstr("expected -1"));
  EXPECT_THAT(Check({0, 3}), HasSubstr("room"));
  EXPECT_THAT(Check({0, 3, 1}), HasSubstr("omits 2"));
  EXPECT_THAT(Check({3, 0, 2}), HasSubstr("later than"));
}

TEST(TopKContract, NanIsWrong) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(Check({0, 1}, 2, 0.05, 0, {1, nan}), HasSubstr("later than"));
  EXPECT_THAT(Check({0}, 1, 0.05, 0, {1, nan}), HasSubstr("omits 1"));
  EXPECT_THAT(
      CheckTopKOrder(std::vector<float>{1, nan}, std::vector<std::int32_t>{0}, 1, 0, "idx").message,
      HasSubstr("[1] is NaN"));
}

TEST(TopKContract, OwnScoresLeaveNoFreedom) {
  const std::vector<float> scores = {2, 7, 2, 7};
  const auto check = [&](const std::vector<std::int32_t>& chosen) {
    return CheckTopKOrder(scores, chosen, 3, 10, "idx").message;
  };
  EXPECT_THAT(check({11, 13, 10, -1}), IsEmpty());
  EXPECT_THAT(check({13, 11, 10, -1}), HasSubstr("idx[0] is 13"));
  EXPECT_THAT(check({11, 13, 12, -1}), HasSubstr("put 10 there"));
  EXPECT_THAT(check({11, 13, 10, 12}), HasSubstr("put -1 there"));
}

}  // namespace
}  // namespace kernels
