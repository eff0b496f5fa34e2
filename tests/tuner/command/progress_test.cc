#include "tuner/command/progress.h"

#include <algorithm>
#include <memory>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tilesmith {
namespace {

using testing::HasSubstr;
using testing::Not;

Trial Done(const char* config, Status status, double log_ratio) {
  Trial trial;
  trial.config = Config::Parse(config);
  trial.status = status;
  trial.log_ratio = log_ratio;
  return trial;
}

class ProgressTest : public testing::Test {
 protected:
  std::unique_ptr<Progress> Make(const Terminal& terminal, bool quiet = false) {
    return MakeProgress(err_, terminal, quiet, [this] { return now_; });
  }
  void Start(Progress& progress, std::uint64_t size = 100) {
    progress.OnStart("hc_post", {"decode", {}}, size, Budget{});
  }
  // What was written since the last call.
  std::string Taken() {
    const std::string text = err_.str();
    err_.str("");
    return text;
  }

  double now_ = 1000;
  std::ostringstream err_;
  const Terminal log_;
  const Terminal live_{true, false, 200};
};

TEST_F(ProgressTest, QuietWritesNothing) {
  for (const Terminal& terminal : {log_, live_}) {
    const auto progress = Make(terminal, true);
    Start(*progress);
    progress->OnTrial(Done("T=1", Status::kWrong, 0), true);
    progress->OnPhase("duel");
    progress->Erase();
  }
  EXPECT_EQ(err_.str(), "");
}

TEST_F(ProgressTest, LogHasNoControlCharacters) {
  const auto progress = Make(log_);
  Start(*progress);
  for (int i = 0; i < 60; ++i) progress->OnTrial(Done("T=1", Status::kOk, -0.1 * i), true);
  progress->OnPhase("duel");
  progress->Erase();
  for (const char c : err_.str()) EXPECT_TRUE(c == '\n' || (' ' <= c && c <= '~')) << int{c};
}

TEST_F(ProgressTest, LogTellsEachNewBest) {
  const auto progress = Make(log_);
  Start(*progress);
  Taken();
  progress->OnTrial(Done("T=1", Status::kOk, 0), true);
  EXPECT_THAT(Taken(), HasSubstr("hc_post decode: 1/100  best 1.00x T=1"));
  progress->OnTrial(Done("T=2", Status::kPruned, 0.5), true);
  EXPECT_EQ(Taken(), "");
  progress->OnTrial(Done("T=4", Status::kOk, -0.693147), true);
  EXPECT_THAT(Taken(), HasSubstr("3/100  best 2.00x T=4"));
}

TEST_F(ProgressTest, LogTellsEachFailureWithReasonAndRepro) {
  const auto progress = Make(log_);
  Start(*progress);
  Trial trial = Done("T=3", Status::kWrong, 0);
  trial.message = "y[7]: expected 1, got nan";
  trial.repro = "tilesmith verify hc_post --config T=3";
  Taken();
  progress->OnTrial(trial, true);
  EXPECT_EQ(Taken(),
            "hc_post decode: T=3 wrong: y[7]: expected 1, got nan; "
            "repeat: tilesmith verify hc_post --config T=3\n");
}

TEST_F(ProgressTest, LogOnlyCountsFailuresItKnewBefore) {
  const auto progress = Make(log_);
  Start(*progress);
  Taken();
  progress->OnTrial(Done("T=3", Status::kWrong, 0), false);
  EXPECT_EQ(Taken(), "");
  progress->OnTrial(Done("T=4", Status::kOk, 0), false);
  EXPECT_THAT(Taken(), HasSubstr("failed: 1 wrong"));
}

TEST_F(ProgressTest, LogStopsListingFailuresOfOneKind) {
  const auto progress = Make(log_);
  Start(*progress, 1000);
  Taken();
  for (int i = 0; i < 200; ++i) progress->OnTrial(Done("T=3", Status::kCrashed, 0), true);
  progress->OnTrial(Done("T=4", Status::kWrong, 0), true);
  const std::string text = Taken();
  std::size_t listed = 0;
  for (std::size_t at = text.find("repeat:"); at != std::string::npos;
       at = text.find("repeat:", at + 1)) {
    ++listed;
  }
  EXPECT_EQ(listed, kShownFailures + 1u);
  EXPECT_THAT(text, HasSubstr("tilesmith query --status crashed"));
  EXPECT_THAT(text, HasSubstr("200/1000  failed: 200 crashed"));
}

TEST_F(ProgressTest, LogTellsTheLastConfig) {
  const auto progress = Make(log_);
  Start(*progress, 2);
  progress->OnTrial(Done("T=1", Status::kOk, 0), true);
  Taken();
  progress->OnTrial(Done("T=2", Status::kPruned, 1), true);
  EXPECT_THAT(Taken(), HasSubstr("2/2  best 1.00x T=1"));
}

TEST_F(ProgressTest, LogTellsPhasesOnlyInLongSilences) {
  const auto progress = Make(log_);
  Start(*progress);
  Taken();
  progress->OnPhase("compiling 4 variants");
  EXPECT_EQ(Taken(), "");
  now_ += kSilence;
  progress->OnPhase("duel: round 12 of at most 60");
  EXPECT_EQ(Taken(), "hc_post decode: duel: round 12 of at most 60\n");
}

TEST_F(ProgressTest, LiveLineIsRedrawnInPlaceAndErased) {
  auto progress = Make(live_);
  Start(*progress);
  EXPECT_EQ(Taken(), "\r\x1b[Khc_post decode 0/100");
  now_ += 10;
  progress->OnTrial(Done("T=2", Status::kOk, -0.0953102), true);
  EXPECT_EQ(Taken(), "\r\x1b[Khc_post decode 1/100  16 min 30 s left  best 1.10x T=2");
  now_ += 1;
  progress->OnTrial(Done("T=4", Status::kTimedOut, 0), true);
  EXPECT_THAT(Taken(), HasSubstr("failed: 1 timed_out"));
  progress.reset();
  EXPECT_EQ(Taken(), "\r\x1b[K");
}

TEST_F(ProgressTest, LiveLineIsErasedOnce) {
  const auto progress = Make(live_);
  Start(*progress);
  progress->Erase();
  Taken();
  progress->Erase();
  EXPECT_EQ(Taken(), "");
}

TEST_F(ProgressTest, LiveLineIsNotRedrawnTooOften) {
  const auto progress = Make(live_);
  Start(*progress, 1000);
  Taken();
  for (int i = 0; i < 100; ++i) {
    now_ += 0.01;
    progress->OnTrial(Done("T=2", Status::kOk, 0), true);
  }
  const std::string text = Taken();
  const auto redrawn = std::count(text.begin(), text.end(), '\r');
  EXPECT_GE(redrawn, 8);
  EXPECT_LE(redrawn, 11);
}

TEST_F(ProgressTest, LiveLineFitsTheTerminal) {
  const Terminal narrow{true, true, 30};
  const auto progress = Make(narrow);
  Start(*progress);
  now_ += 10;
  Taken();
  progress->OnTrial(Done("T_TILE=2,D_TILE=512,OTHER_TILE=4", Status::kOk, 0), true);
  const std::string text = Taken();
  const std::string erase = "\r\x1b[K";
  ASSERT_EQ(text.substr(0, erase.size()), erase);
  EXPECT_EQ(text.size() - erase.size(), 29u);
  EXPECT_THAT(text.substr(erase.size()), Not(HasSubstr("\x1b")));
}

TEST_F(ProgressTest, ColoursOnlyWhereWanted) {
  for (const bool colour : {false, true}) {
    const auto progress = Make(Terminal{true, colour, 200});
    Start(*progress);
    now_ += 10;
    progress->OnTrial(Done("T=2", Status::kOk, 0), true);
    EXPECT_EQ(Taken().find("\x1b[32m") != std::string::npos, colour);
    progress->Erase();
    Taken();
  }
}

}  // namespace
}  // namespace tilesmith
