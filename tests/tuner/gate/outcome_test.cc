#include "tuner/gate/outcome.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <utility>
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
using testing::IsEmpty;
using testing::StartsWith;
using testing::ThrowsMessage;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

using Rule = std::function<Finding(const Outcome&)>;

/// The small kernel after a call whose outputs a test may spoil: state[T] and y[T, D].
class OutcomeTest : public testing::Test {
 protected:
  /// Right outputs for T = 3, D = 5.
  void Prepare() {
    case_ = MakeInputs(kernel_, Sizes(3, 5), 1);
    ComputeGolden(kernel_, case_, {});
    y_ = Copy(kY);
    state_ = Copy(kState);
  }

  CaseOutcome After() const {
    std::vector<const std::byte*> actual(kernel_.operands.size());
    actual[kY] = reinterpret_cast<const std::byte*>(y_.data());
    actual[kState] = reinterpret_cast<const std::byte*>(state_.data());
    return {kernel_, case_, std::move(actual)};
  }

  Judgement JudgeY(Rule rule) {
    kernel_.operands[kY].comparator = Judged("mine", std::move(rule));
    return After().Judge(kY);
  }

  /// What a rule throws that does no more than ask.
  std::string Complaint(const Rule& rule) {
    try {
      JudgeY(rule);
    } catch (const UserError& error) {
      return error.what();
    }
    return {};
  }

  KernelSpec kernel_ = MakeKernel();
  Case case_;
  std::vector<float> y_, state_;

 private:
  std::vector<float> Copy(std::size_t operand) const {
    const auto* data = reinterpret_cast<const float*>(case_.expected[operand].data());
    return {data, data + case_.shapes[operand].elements};
  }
};

// --- what a rule sees ---

TEST_F(OutcomeTest, RulesSeeInputsExpectedAndActual) {
  Prepare();
  y_[7] = -1;
  state_[2] = 9;
  JudgeY([&](const Outcome& outcome) -> Finding {
    const auto x = outcome.Input<float>("x");
    EXPECT_EQ(x.size(), 15u);
    EXPECT_EQ(outcome.Input<std::int8_t>("codes").size(), 10u);
    EXPECT_EQ(outcome.Input<bf16>("weights").size(), 5u);
    EXPECT_EQ(outcome.Expected<float>("y")[7], x[7] * 2.5f);
    EXPECT_EQ(outcome.Actual<float>("y")[7], -1);
    EXPECT_THAT(outcome.Input<float>("state"), ElementsAre(7, 7, 7));  // before the call
    EXPECT_THAT(outcome.Expected<float>("state"), ElementsAre(8, 8, 8));
    EXPECT_THAT(outcome.Actual<float>("state"), ElementsAre(8, 8, 9));
    return {};
  });
}

TEST_F(OutcomeTest, RulesSeeSizesAndScalars) {
  Prepare();
  case_.scalars = {4.5};  // as a golden file has it, not the registration
  JudgeY([](const Outcome& outcome) -> Finding {
    EXPECT_EQ(outcome.Dim("T"), 3);
    EXPECT_EQ(outcome.Dim("D"), 5);
    EXPECT_EQ(outcome.Scalar("limit"), 4.5);
    return {};
  });
}

TEST_F(OutcomeTest, AskingForWhatIsNotThereNamesIt) {
  Prepare();
  const auto refuses = [&](const char* name, const Rule& rule) {
    EXPECT_THAT(Complaint(rule), AllOf(HasSubstr("'gate_test'"), HasSubstr(name)));
  };
  const auto ask = [](auto question) {
    return [question](const Outcome& outcome) -> Finding {
      question(outcome);
      return {};
    };
  };
  refuses("dimension 'W'", ask([](const Outcome& o) { o.Dim("W"); }));
  refuses("scalar 'w'", ask([](const Outcome& o) { o.Scalar("w"); }));
  refuses("operand 'z'", ask([](const Outcome& o) { o.Input<float>("z"); }));
  refuses("'x' as bf16 input", ask([](const Outcome& o) { o.Input<bf16>("x"); }));
  refuses("'y' as f32 input", ask([](const Outcome& o) { o.Input<float>("y"); }));
  refuses("'x' as f32 output", ask([](const Outcome& o) { o.Actual<float>("x"); }));
  refuses("'scratch' as f32 output", ask([](const Outcome& o) { o.Expected<float>("scratch"); }));
  refuses("operand 'z'", ask([](const Outcome& o) { o.Under(Exact(), "z"); }));
}

// --- what a rule says ---

TEST_F(OutcomeTest, AFindingWithAMessageRejects) {
  Prepare();
  const Judgement judged = JudgeY([](const Outcome&) -> Finding { return {3, "y[0] is odd"}; });
  EXPECT_FALSE(judged.ok);
  EXPECT_EQ(judged.message, "y[0] is odd");
  EXPECT_EQ(judged.error_share, 3);
}

TEST_F(OutcomeTest, AFindingWithoutMessageAcceptsWhateverTheBits) {
  Prepare();
  y_.assign(y_.size(), 0);
  y_[0] = 1;
  const Judgement judged = JudgeY([](const Outcome&) -> Finding { return {0.25, ""}; });
  EXPECT_TRUE(judged.ok);
  EXPECT_EQ(judged.error_share, 0.25);
  EXPECT_DOUBLE_EQ(judged.zero_share, 14.0 / 15);
}

TEST_F(OutcomeTest, UnderAppliesAPlainRule) {
  Prepare();
  y_[14] += 1;
  const CaseOutcome outcome = After();
  EXPECT_THAT(outcome.Under(AllClose(0.5, 0), "y").message, StartsWith("y[2,4] expected "));
  EXPECT_EQ(outcome.Under(RatioAllClose(0.5, 0, 0.1), "y").message, "");  // one of 15, two may
  EXPECT_EQ(outcome.Under(RatioAllClose(0.5, 0, 0.1), "y").error_share, 0.5);
  EXPECT_EQ(outcome.Under(Exact(), "state").message, "");  // any output, not the judged one only
}

TEST_F(OutcomeTest, UnderRejectsNan) {
  Prepare();
  y_[3] = kNan;
  const Judgement judged =
      JudgeY([](const Outcome& outcome) { return outcome.Under(AllClose(1e30, 1e30), "y"); });
  EXPECT_FALSE(judged.ok);
  EXPECT_THAT(judged.message, StartsWith("y[0,3] expected "));
}

// --- rows of states that must stay ---

// The state as [T, 1], of which the golden writes rows 0 and 1 and leaves row 2.
void TwoOfThree(const void* args) {
  const auto& a = *static_cast<const Args*>(args);
  Golden(a);
  a.state[2] -= 1;
}

class UntouchedTest : public OutcomeTest {
 protected:
  UntouchedTest() {
    kernel_.golden = TwoOfThree;
    kernel_.operands[kState].shape = {"T", "1"};
    kernel_.operands[kState].comparator = AllClose(100, 0);  // forgives all that is tried below
    Prepare();
  }
};

TEST_F(UntouchedTest, ARowThatTheGoldenLeavesMustStay) {
  EXPECT_TRUE(After().Judge(kState).ok);
  state_[2] = std::nextafter(7.0f, 8.0f);
  const Judgement judged = After().Judge(kState);
  EXPECT_FALSE(judged.ok);
  EXPECT_EQ(judged.message,
            "state[2,0] was to stay 7, got 7.00000048: the golden leaves its row untouched");
}

TEST_F(UntouchedTest, ARowThatTheGoldenWritesIsTheRulesToJudge) {
  state_[1] = 20;
  EXPECT_TRUE(After().Judge(kState).ok);
}

TEST_F(UntouchedTest, ARowIsTheLastDimension) {
  kernel_.operands[kState].shape = {"1", "T"};
  Prepare();
  state_[2] = 20;  // a neighbour of elements that the golden writes
  EXPECT_TRUE(After().Judge(kState).ok);
}

TEST_F(UntouchedTest, RulesOfTheKernelsOwnDoNotExcuseIt) {
  kernel_.operands[kState].comparator = Judged("any", [](const Outcome&) { return Finding{}; });
  state_[2] = 0;
  EXPECT_THAT(After().Judge(kState).message, StartsWith("state[2,0] was to stay 7, got 0"));
}

TEST_F(UntouchedTest, IsSaidBeforeWhatTheRuleFinds) {
  kernel_.operands[kState].comparator = Exact();
  state_ = {0, 0, 0};
  EXPECT_THAT(After().Judge(kState).message, StartsWith("state[2,0] was to stay 7, got 0"));
}

TEST_F(UntouchedTest, OutputsHaveNoRowsToLeave) {
  y_[0] += 1e-7f;
  kernel_.operands[kY].comparator = AllClose(1, 0);
  EXPECT_TRUE(After().Judge(kY).ok);
}

// --- all outputs ---

TEST_F(OutcomeTest, TheFirstThatFailsIsNamed) {
  Prepare();
  state_[0] = 0;
  y_[0] = kNan;
  EXPECT_THAT(After().JudgeAll().message, StartsWith("state[0] expected 8, got 0"));
}

TEST_F(OutcomeTest, ErrorShareIsTheWorstAndZerosAreOfAllTogether) {
  Prepare();
  kernel_.operands[kState].comparator = AllClose(10, 0);
  kernel_.operands[kY].comparator = AllClose(1e6, 0);
  state_ = {0, 8, 8};
  y_.assign(15, 0);
  const Judgement judged = After().JudgeAll();
  EXPECT_TRUE(judged.ok);
  EXPECT_DOUBLE_EQ(judged.error_share, 0.8);
  EXPECT_DOUBLE_EQ(judged.zero_share, 16.0 / 18);
  EXPECT_EQ(After().elements(), 18);
}

TEST_F(OutcomeTest, RowsThatTheGoldenLeavesZeroAreNoZerosUnlessAllAre) {
  Prepare();
  auto* expected = reinterpret_cast<float*>(case_.expected[kY].data());
  std::fill_n(expected, 10, 0.0f);
  std::fill_n(y_.begin(), 10, 0.0f);
  EXPECT_DOUBLE_EQ(After().JudgeAll().zero_share, 0);  // of the third row's five and the state
  std::fill_n(expected, 15, 0.0f);
  y_.assign(15, 0);
  EXPECT_DOUBLE_EQ(After().JudgeAll().zero_share, 15.0 / 18);
}

TEST_F(OutcomeTest, AnOutputThatAGoldenFileLacksIsNotJudged) {
  Prepare();
  case_.expected[kY] = SharedBuffer();
  y_.assign(15, kNan);
  const CaseOutcome outcome = After();
  EXPECT_FALSE(outcome.IsJudged(kY));
  EXPECT_TRUE(outcome.IsJudged(kState));
  EXPECT_FALSE(outcome.IsJudged(kX));
  EXPECT_EQ(outcome.elements(), 3);
  EXPECT_TRUE(outcome.JudgeAll().ok);
  EXPECT_THAT(outcome.Expected<float>("y"), IsEmpty());
  EXPECT_EQ(outcome.Actual<float>("y").size(), 15u);
  state_[1] = 0;
  EXPECT_FALSE(After().JudgeAll().ok);
}

}  // namespace
}  // namespace tilesmith
