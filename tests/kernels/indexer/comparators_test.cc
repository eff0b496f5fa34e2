#include "kernels/indexer/comparators.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/indexer/golden_steps.h"

namespace kernels::indexer {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tilesmith::DType;

// One token, of which all but the last score have keys.
class OneToken : public tilesmith::Outcome {
 public:
  explicit OneToken(std::vector<float> scores) : expected_(std::move(scores)), actual_(expected_) {}

  std::int64_t Dim(std::string_view name) const override {
    return name == "SCORE_LEN" ? static_cast<std::int64_t>(expected_.size()) : 1;
  }
  double Scalar(std::string_view name) const override { return name == "offset" ? 100 : 2; }
  tilesmith::Finding Under(const tilesmith::Comparator&, std::string_view) const override {
    throw std::logic_error("no plain rule asked");
  }

  std::vector<float> expected_, actual_;
  std::vector<std::int32_t> chosen_;

 private:
  std::pair<const void*, std::size_t> Find(Side side, std::string_view name, DType) const override {
    if (name == "topk_idxs") return {chosen_.data(), chosen_.size()};
    const std::vector<float>& scores = side == Side::kExpected ? expected_ : actual_;
    return {scores.data(), scores.size()};
  }
};

std::int64_t AllButTheLast(const tilesmith::Outcome& outcome, std::int64_t) {
  return outcome.Dim("SCORE_LEN") - 1;
}

std::string Scores(const OneToken& token, const ScoreRule& rule) {
  return ScoresClose(rule, &AllButTheLast).rule(token).message;
}

TEST(ScoresClose, WithinTolerance) {
  OneToken token({1, -2, 0, kGoldenNegInf, kGoldenNegInf});
  EXPECT_THAT(Scores(token, {1e-3, 1e-3}), IsEmpty());
  token.actual_[1] += 2.9e-3f;
  EXPECT_THAT(Scores(token, {1e-3, 1e-3}), IsEmpty());
  token.actual_[1] += 0.2e-3f;
  EXPECT_THAT(Scores(token, {1e-3, 1e-3}), HasSubstr("score of token 0 [1]"));
}

TEST(ScoresClose, WhereNoKeyIsNoScoreIs) {
  for (const std::size_t j : {3, 4}) {  // a page that is not there, and the tail
    OneToken token({1, -2, 0, kGoldenNegInf, kGoldenNegInf});
    token.actual_[j] = std::nextafter(kGoldenNegInf, 0.0f);
    EXPECT_THAT(Scores(token, {1e-3, 1e-3, 0.9}), HasSubstr("no key"));
    token.actual_[j] = -std::numeric_limits<float>::infinity();
    EXPECT_THAT(Scores(token, {1e-3, 1e-3, 0.9}), HasSubstr("no key"));
  }
}

TEST(ScoresClose, FewOutliersWithinTheCap) {
  const ScoreRule rule{1e-3, 0, 0.1, [](double, double largest) { return largest / 100; }};
  OneToken token(std::vector<float>(61, 2));
  token.expected_.back() = token.actual_.back() = kGoldenNegInf;
  for (std::size_t j = 0; j < 6; ++j) token.actual_[j] = 2.01f;
  EXPECT_THAT(Scores(token, rule), IsEmpty());
  token.actual_[7] = 2.01f;
  EXPECT_THAT(Scores(token, rule), HasSubstr("7 of 60"));
  token.actual_ = token.expected_;
  token.actual_[3] = 2.03f;
  EXPECT_THAT(Scores(token, rule), HasSubstr("any single score"));
  token.actual_[3] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(Scores(token, rule), HasSubstr("any single score"));
  EXPECT_THAT(Scores(token, {1e-3, 0}), HasSubstr("beyond tolerance"));
}

// Two of four are wanted, plus 100.
TEST(BestChosen, FollowsTheOwnScoresWithinTheBound) {
  const auto judge = [](const OneToken& token, double bound) {
    return BestChosen([bound](double, double) { return bound; }, &AllButTheLast, true)
        .rule(token)
        .message;
  };
  OneToken token({1, 3, 2.9f, 0, kGoldenNegInf});
  token.chosen_ = {101, 102, -1, -1, -1};
  EXPECT_THAT(judge(token, 0), IsEmpty());
  token.chosen_ = {102, 101, -1, -1, -1};
  EXPECT_THAT(judge(token, 0), HasSubstr("later than"));
  EXPECT_THAT(judge(token, 0.1), HasSubstr("put 101 there"));  // the own scores say otherwise
  token.actual_[2] = 3.1f;
  EXPECT_THAT(judge(token, 0.1), IsEmpty());
  token.chosen_ = {102, 104, -1, -1, -1};
  EXPECT_THAT(judge(token, 0.1), HasSubstr("outside [100, 104)"));
}

}  // namespace
}  // namespace kernels::indexer
