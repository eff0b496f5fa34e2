#include "tuner/sweep/contest.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <memory>
#include <random>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "results/error.h"
#include "tuner/gate/faults.h"
#include "tuner/measure/duel.h"
#include "tuner/measure/meter.h"

namespace tilesmith {
namespace {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double TimeOnce(Mounted& mounted, std::int64_t iterations) {
  return TimeBlocks({{[&] { mounted.Call(); }, iterations}}).front();
}

// Calls per sample for all of them alike, after an untimed call each: first touches are not the
// kernel's. Each is announced, so that a crash is laid at the right door.
std::int64_t SharedIterations(std::vector<std::unique_ptr<Mounted>>& contestants,
                              const std::function<void(std::size_t)>& announce) {
  double fastest = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < contestants.size(); ++i) {
    announce(i);
    contestants[i]->Call();
    fastest = std::min(fastest, TimeOnce(*contestants[i], 1));
  }
  return IterationsFor(fastest);
}

// The check after the timed loop: races and state that leaks from call to call show here.
GateReport CheckAgain(Mounted& mounted, GateReport report) {
  mounted.Call();
  const Judgement judged = mounted.Recheck();
  if (judged.ok) return report;
  report.status = Status::kWrong;
  report.stage = "recheck";
  report.message = "right before the timed loop, wrong after it: " + judged.message;
  return report;
}

class TrialChild {
 public:
  TrialChild(Workbench& bench, const std::vector<GateCase>& cases, const GateOptions& gate,
             const ScreeningOptions& screening, Channel& channel)
      : bench_(bench), cases_(cases), gate_(gate), screening_(screening), channel_(channel) {}

  void Run(const std::string& library, const std::string& pivot_library) {
    FaultWatch::Install(channel_);
    channel_.Stage("load");
    const Variant candidate(library);
    const auto begin = Clock::now();
    GateReport report = RunGate(bench_.kernel(), candidate, cases_, gate_, channel_);
    Json result{{"verify_s", SecondsSince(begin)}, {"measure_s", 0.0}};
    if (report.ok()) {
      const auto measuring = Clock::now();
      report = Measure(candidate, Variant(pivot_library), report, result);
      result["measure_s"] = SecondsSince(measuring);
    }
    result["gate"] = report.ToJson();
    channel_.Send(result.dump());
  }

 private:
  GateReport Measure(const Variant& candidate, const Variant& pivot, const GateReport& report,
                     Json& result) {
    FaultWatch::Clear();
    channel_.Stage("measure");
    pivot.SetThreads(gate_.threads);
    std::random_device entropy;  // layouts shall differ between processes
    std::mt19937_64 layout(entropy());
    std::vector<std::unique_ptr<Mounted>> both;
    both.push_back(std::make_unique<Mounted>(bench_, candidate, layout));
    both.push_back(std::make_unique<Mounted>(bench_, pivot, layout));
    const auto announce = [&](std::size_t i) {
      channel_.Stage(i == 1 ? "measure pivot" : "measure");
    };
    const std::int64_t iterations = SharedIterations(both, announce);
    const Screened screened = Screen(
        [&](bool is_pivot) {
          announce(is_pivot ? 1 : 0);
          return TimeOnce(*both[is_pivot ? 1 : 0], iterations);
        },
        screening_);
    result["samples"] = screened.samples_ns;
    result["pivot_samples"] = screened.pivot_samples_ns;
    result["log_ratio"] = screened.log_ratio;
    result["dropped_at"] = screened.dropped_at;
    channel_.Stage("recheck");
    return CheckAgain(*both.front(), report);
  }

  Workbench& bench_;
  const std::vector<GateCase>& cases_;
  const GateOptions& gate_;
  const ScreeningOptions& screening_;
  Channel& channel_;
};

Trialled ReadTrial(const Ending& ending) {
  Trialled trialled;
  if (ending.how != Ending::How::kReturned) {
    trialled.gate = ReportOf(ending);
    trialled.verify_s = ending.seconds;
    return trialled;
  }
  const Json result = Json::parse(ending.payload);
  trialled.gate = GateReport::FromJson(result.at("gate"));
  trialled.verify_s = result.at("verify_s");
  trialled.measure_s = result.at("measure_s");
  if (result.contains("samples")) {
    trialled.screened.samples_ns = result.at("samples").get<std::vector<float>>();
    trialled.screened.pivot_samples_ns = result.at("pivot_samples").get<std::vector<float>>();
    trialled.screened.log_ratio = result.at("log_ratio");
    trialled.screened.dropped_at = result.at("dropped_at");
  }
  return trialled;
}

// The first config is its own pivot: what it loses to itself by is noise, and no reason to drop it.
ScreeningOptions WithoutRejection(ScreeningOptions options) {
  options.first_rejection = options.deviation_floor = std::numeric_limits<double>::infinity();
  return options;
}

class StretchChild {
 public:
  StretchChild(Workbench& bench, const GateOptions& gate, Channel& channel)
      : bench_(bench), gate_(gate), channel_(channel) {}

  void Run(const std::vector<std::string>& libraries, int first, int count, std::uint64_t seed) {
    FaultWatch::Install(channel_);
    Mount(libraries);
    const std::int64_t iterations = SharedIterations(
        contestants_, [&](std::size_t i) { Announce("duel", static_cast<int>(i)); });
    Json rounds = Json::array();
    for (int round = first; round < first + count; ++round) {
      rounds.push_back(TimeRound(round, seed, iterations));
    }
    Json result{{"rounds", rounds}, {"failed", -1}};
    for (std::size_t i = 0; i < contestants_.size(); ++i) {
      Announce("recheck", static_cast<int>(i));
      const GateReport report = CheckAgain(*contestants_[i], {});
      if (report.ok()) continue;
      result["failed"] = i;
      result["failure"] = report.ToJson();
      break;
    }
    channel_.Send(result.dump());
  }

 private:
  // Stage names carry the contestant, so that a crash can be laid at its door.
  void Announce(const char* what, int contestant) {
    channel_.Stage(fmt::format("{} {}", what, contestant));
  }

  void Mount(const std::vector<std::string>& libraries) {
    std::random_device entropy;
    std::mt19937_64 layout(entropy());
    for (const std::string& library : libraries) {
      Announce("load", static_cast<int>(variants_.size()));
      variants_.push_back(std::make_unique<Variant>(library));
      variants_.back()->SetThreads(gate_.threads);
      contestants_.push_back(std::make_unique<Mounted>(bench_, *variants_.back(), layout));
    }
  }

  std::vector<double> TimeRound(int round, std::uint64_t seed, std::int64_t iterations) {
    std::vector<double> ns(contestants_.size());
    for (const int contestant : RoundOrder(static_cast<int>(contestants_.size()), round, seed)) {
      Announce("duel", contestant);
      const auto i = static_cast<std::size_t>(contestant);
      ns[i] = TimeOnce(*contestants_[i], iterations);
    }
    return ns;
  }

  Workbench& bench_;
  const GateOptions& gate_;
  Channel& channel_;
  std::vector<std::unique_ptr<Variant>> variants_;
  std::vector<std::unique_ptr<Mounted>> contestants_;
};

Stretch ReadStretch(const Ending& ending) {
  Stretch stretch;
  if (ending.how != Ending::How::kReturned) {
    const std::size_t blank = ending.stage.find(' ');
    stretch.failed = blank == std::string::npos ? 0 : std::stoi(ending.stage.substr(blank + 1));
    stretch.failure = ReportOf(ending);
    return stretch;
  }
  const Json result = Json::parse(ending.payload);
  stretch.failed = result.at("failed");
  if (stretch.failed >= 0) stretch.failure = GateReport::FromJson(result.at("failure"));
  stretch.rounds = result.at("rounds").get<std::vector<std::vector<double>>>();
  return stretch;
}

}  // namespace

Trialled RunTrial(Workbench& bench, const std::string& library, const std::string& pivot_library,
                  const std::vector<GateCase>& cases, const GateOptions& gate,
                  const ScreeningOptions& screening, const Pinning& pinning) {
  return ReadTrial(RunInChild(
      [&](Channel& channel) {
        pinning.Apply();
        const ScreeningOptions race =
            library == pivot_library ? WithoutRejection(screening) : screening;
        TrialChild(bench, cases, gate, race, channel).Run(library, pivot_library);
      },
      gate.limits));
}

Stretch RunStretch(Workbench& bench, const std::vector<std::string>& libraries, int first,
                   int count, std::uint64_t seed, const GateOptions& gate, const Pinning& pinning) {
  return ReadStretch(RunInChild(
      [&](Channel& channel) {
        pinning.Apply();
        StretchChild(bench, gate, channel).Run(libraries, first, count, seed);
      },
      gate.limits));
}

}  // namespace tilesmith
