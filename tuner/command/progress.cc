#include "tuner/command/progress.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "tuner/command/tally.h"

namespace tilesmith {
namespace {

constexpr double kRedrawEvery = 0.1;
constexpr std::string_view kEraseLine = "\r\x1b[K";
constexpr std::string_view kGreen = "\x1b[32m", kRed = "\x1b[31m", kPlain = "\x1b[0m";

class Quiet : public Progress {
 public:
  void OnStart(const std::string&, const Problem&, std::uint64_t, const Budget&) override {}
  void OnTrial(const Trial&, bool) override {}
  void OnPhase(std::string_view) override {}
};

std::string TimeLeft(const Tally& tally, double now) {
  const std::optional<double> left = tally.SecondsLeft(now);
  return left ? fmt::format("{} left", HumanSeconds(*left)) : "";
}

// A piece of the live line with the colour it may have.
struct Piece {
  std::string text;
  std::string_view colour;
};

// Coloured when all of it fits, else cut to the width: a wrapped line could not be redrawn.
std::string Line(const std::vector<Piece>& pieces, const Terminal& terminal) {
  std::string plain, coloured;
  for (const auto& [text, colour] : pieces) {
    if (text.empty()) continue;
    const std::string_view gap = plain.empty() ? "" : "  ";
    plain += fmt::format("{}{}", gap, text);
    coloured += fmt::format("{}{}{}{}", gap, colour, text, colour.empty() ? "" : kPlain);
  }
  const auto width = static_cast<std::size_t>(std::max(terminal.width - 1, 1));
  if (plain.size() > width) return plain.substr(0, width);
  return terminal.colour ? coloured : plain;
}

class Live : public Progress {
 public:
  Live(std::ostream& err, const Terminal& terminal, SecondsClock clock)
      : err_(err), terminal_(terminal), clock_(std::move(clock)) {}
  ~Live() override { Erase(); }

  void OnStart(const std::string& kernel, const Problem& problem, std::uint64_t space_size,
               const Budget& budget) override {
    tally_ = Tally(kernel, problem, space_size, budget, clock_());
    phase_.clear();
    Draw();
  }
  void OnTrial(const Trial& trial, bool fresh) override {
    tally_.Add(trial, fresh);
    DrawNowAndThen();
  }
  void OnPhase(std::string_view phase) override {
    phase_ = phase;
    DrawNowAndThen();
  }
  void Erase() override {
    if (drawn_) err_ << kEraseLine << std::flush;
    drawn_ = false;
  }

 private:
  void DrawNowAndThen() {
    if (clock_() - drawn_at_ >= kRedrawEvery) Draw();
  }
  void Draw() {
    drawn_at_ = clock_();
    const std::vector<Piece> pieces = {
        {fmt::format("{} {}/{}", tally_.question(), tally_.done(), tally_.total()), {}},
        {TimeLeft(tally_, drawn_at_), {}},
        {tally_.BestText(), kGreen},
        {tally_.FailureText(), kRed},
        {phase_, {}}};
    err_ << kEraseLine << Line(pieces, terminal_) << std::flush;
    drawn_ = true;
  }

  std::ostream& err_;
  Terminal terminal_;
  SecondsClock clock_;
  Tally tally_;
  std::string phase_;
  double drawn_at_ = 0;
  bool drawn_ = false;
};

class Lines : public Progress {
 public:
  Lines(std::ostream& err, SecondsClock clock) : err_(err), clock_(std::move(clock)) {}

  void OnStart(const std::string& kernel, const Problem& problem, std::uint64_t space_size,
               const Budget& budget) override {
    tally_ = Tally(kernel, problem, space_size, budget, clock_());
    shown_.clear();
    Print(fmt::format("{} configs, budget: {}", space_size, budget.ToString()));
  }
  void OnTrial(const Trial& trial, bool fresh) override {
    const bool best = tally_.Add(trial, fresh);
    if (fresh && !PassedGate(trial.status)) PrintFailure(trial);
    const bool milestone = tally_.done() % kLineEvery == 0 || tally_.done() == tally_.total();
    if (best || milestone) PrintState();
  }
  void OnPhase(std::string_view phase) override {
    if (clock_() - printed_at_ >= kSilence) Print(std::string(phase));
  }

 private:
  void PrintFailure(const Trial& trial) {
    const int nth = ++shown_[trial.status];
    if (nth > kShownFailures) return;
    Print(fmt::format("{} {}{}{}; repeat: {}", trial.config.ToString(), ToString(trial.status),
                      trial.message.empty() ? "" : ": ", trial.message, trial.repro));
    if (nth == kShownFailures) {
      Print(fmt::format("further {} configs are only counted; see 'tilesmith query --status {}'",
                        ToString(trial.status), ToString(trial.status)));
    }
  }
  void PrintState() {
    std::string line = fmt::format("{}/{}", tally_.done(), tally_.total());
    for (const std::string& more :
         {tally_.BestText(), tally_.FailureText(), TimeLeft(tally_, clock_())}) {
      if (!more.empty()) line += "  " + more;
    }
    Print(line);
  }
  void Print(const std::string& line) {
    printed_at_ = clock_();
    fmt::print(err_, "{}: {}\n", tally_.question(), line);
    err_.flush();
  }

  std::ostream& err_;
  SecondsClock clock_;
  Tally tally_;
  std::map<Status, int> shown_;
  double printed_at_ = 0;
};

}  // namespace

std::unique_ptr<Progress> MakeProgress(std::ostream& err, const Terminal& terminal, bool quiet,
                                       SecondsClock clock) {
  if (quiet) return std::make_unique<Quiet>();
  if (terminal.live) return std::make_unique<Live>(err, terminal, std::move(clock));
  return std::make_unique<Lines>(err, std::move(clock));
}

std::unique_ptr<Progress> MakeProgress(std::ostream& err, const Terminal& terminal, bool quiet) {
  return MakeProgress(err, terminal, quiet, [] {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration<double>(now).count();
  });
}

}  // namespace tilesmith
