#include "tuner/gate/gate.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "results/error.h"
#include "tuner/gate/case_run.h"
#include "tuner/gate/faults.h"

namespace tilesmith {
namespace {

// Above this share of exact zeros agreement proves little (benchdnn calls such a result
// mistrusted).
constexpr double kSuspiciousZeros = 0.9;
// Below this many elements a few zeros are chance.
constexpr std::int64_t kEnoughElements = 64;

std::map<std::string, Value> Bindings(const Config& config) {
  return {config.tiles().begin(), config.tiles().end()};
}

std::int64_t LargestSize(const SpaceDefinition& space, const std::string& dim) {
  std::int64_t largest = 0;
  for (const std::vector<Problem>* list : {&space.problems, &space.ragged}) {
    for (const Problem& problem : *list) {
      for (const auto& [name, value] : problem.dims) {
        if (name == dim) largest = std::max(largest, value);
      }
    }
  }
  return largest;
}

// Sizes that the kernel does not claim to support are no test of it.
bool Supports(const SpaceDefinition& space, const Config& config, const Problem& problem) {
  std::map<std::string, Value> bindings = Bindings(config);
  bindings.insert(problem.dims.begin(), problem.dims.end());
  return std::all_of(space.constraints.begin(), space.constraints.end(),
                     [&](const Constraint& rule) {
                       return !rule.required || Truth(rule.expression.Evaluate(bindings));
                     });
}

Problem With(const Problem& base, const std::string& dim, std::int64_t size) {
  Problem problem{"", base.dims};
  for (auto& [name, value] : problem.dims) {
    if (name == dim) value = size;
  }
  return problem;
}

GateReport Fail(GateReport report, Status status, const std::string& stage, std::string message) {
  report.status = status;
  report.stage = stage;
  report.message = std::move(message);
  return report;
}

std::vector<int> ThreadCounts(int most) {
  std::set<int> counts{most};
  for (const int few : {1, 2}) {
    if (few < most) counts.insert(few);
  }
  return {counts.rbegin(), counts.rend()};  // the most first: those runs are the comparison's base
}

// The same bits `repeats` times with the full number of threads, and once with fewer.
GateReport CheckRepeats(const KernelSpec& kernel, const Variant& variant, const Case& problem,
                        const GateOptions& options, Channel& channel, GateReport report) {
  CaseRun run(kernel, problem);
  std::vector<std::byte> first;
  for (const int threads : ThreadCounts(options.threads)) {
    const int runs = threads == options.threads ? options.repeats : 1;
    for (int i = 0; i < runs; ++i) {
      channel.Stage(fmt::format("repeat {} run {} on {} threads", problem.Name(), i + 1, threads));
      variant.SetThreads(threads);
      run.Call(variant);
      std::vector<std::byte> bits = run.OutputBits();
      if (first.empty()) first = std::move(bits);
      else if (bits != first) {
        const CaseRun::Difference differs = run.FirstDifference(first, bits);
        report.deterministic = false;
        return Fail(report, Status::kNondeterministic, "repeat",
                    fmt::format("{} of {} differs between runs: {:.9g} (run 1 on {} threads), "
                                "{:.9g} (run {} on {} threads)",
                                differs.element, problem.Name(), differs.first, options.threads,
                                differs.second, i + 1, threads));
      }
    }
  }
  variant.SetThreads(options.threads);
  report.deterministic = true;
  return report;
}

}  // namespace

std::string GateReport::ToJson() const {
  nlohmann::json json{{"status", ToString(status)}, {"stage", stage}, {"message", message},
                      {"error_share", error_share}, {"cases", cases}, {"elements", elements}};
  if (deterministic) json["deterministic"] = *deterministic;
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

GateReport GateReport::FromJson(const std::string& text) {
  const nlohmann::json json = nlohmann::json::parse(text);
  GateReport report;
  report.status = ParseStatus(json.at("status").get<std::string>()).value();
  report.stage = json.at("stage");
  report.message = json.at("message");
  // JSON has no infinity: a share of nothing allowed is written as null.
  report.error_share = json.at("error_share").is_number() ? json.at("error_share").get<double>()
                                                          : std::numeric_limits<double>::infinity();
  report.cases = json.at("cases");
  report.elements = json.at("elements");
  if (json.contains("deterministic")) report.deterministic = json.at("deterministic").get<bool>();
  return report;
}

std::vector<std::pair<std::string, Problem>> GateProblems(const SpaceDefinition& space,
                                                          const Config& config) {
  std::vector<std::pair<std::string, Problem>> problems;
  std::set<std::string> seen;
  const auto add = [&](const std::string& stage, const Problem& problem) {
    if (!Supports(space, config, problem)) return;
    if (seen.insert(ToString(problem.dims)).second) problems.emplace_back(stage, problem);
  };
  for (const Problem& ragged : space.ragged) add("ragged", ragged);
  for (const auto& [dim, blocks] : space.blocks) {
    const std::int64_t largest = LargestSize(space, dim);
    for (const Expression& block : blocks) {
      const std::int64_t size = block.EvaluateInt(Bindings(config));
      for (const std::int64_t around : {size - 1, size, size + 1}) {
        if (around >= 1 && around <= largest + 1)
          add("tiles", With(space.ragged.front(), dim, around));
      }
    }
  }
  return problems;
}

std::vector<GateCase> GateCases(const SpaceDefinition& space, const Config& config,
                                const Problem& problem, const GateOptions& options,
                                CaseLibrary& library) {
  auto problems = GateProblems(space, config);
  problems.emplace_back("problem", problem);
  std::vector<GateCase> cases;
  for (const auto& [stage, sizes] : problems) {
    for (int i = 0; i < options.seeds; ++i) {
      cases.push_back({stage, library.Get(sizes, options.first_seed + static_cast<unsigned>(i))});
    }
  }
  return cases;
}

GateReport RunGate(const KernelSpec& kernel, const Variant& variant,
                   const std::vector<GateCase>& cases, const GateOptions& options,
                   Channel& channel) {
  GateReport report;
  variant.SetThreads(options.threads);
  for (const auto& [stage, data] : cases) {
    channel.Stage(stage + " " + data->Name());
    CaseRun run(kernel, *data);
    run.Call(variant);
    if (const std::string damage = run.Damage(); !damage.empty()) {
      return Fail(report, Status::kCrashed, stage, damage + " at " + data->Name());
    }
    const CaseOutcome outcome = run.After();
    const Judgement judged = outcome.JudgeAll();
    report.error_share = std::max(report.error_share, judged.error_share);
    if (!judged.ok) {
      return Fail(report, Status::kWrong, stage, judged.message + " at " + data->Name());
    }
    if (judged.zero_share > kSuspiciousZeros && outcome.elements() >= kEnoughElements) {
      return Fail(report, Status::kSuspect, stage,
                  fmt::format("{:.0f} % of the outputs are zero at {}: agreement proves little",
                              100 * judged.zero_share, data->Name()));
    }
    ++report.cases;
    report.elements += outcome.elements();
  }
  // The last cases are the real problem; its first seed is the one that is timed.
  const auto real = std::find_if(cases.begin(), cases.end(),
                                 [](const GateCase& c) { return c.stage == "problem"; });
  if (real == cases.end() || options.repeats == 0) return report;
  return CheckRepeats(kernel, variant, *real->data, options, channel, report);
}

GateReport ReportOf(const Ending& ending) {
  const std::string stage = ending.stage.substr(0, ending.stage.find(' '));
  Status status = Status::kCrashed;
  if (ending.how == Ending::How::kTimedOut) status = Status::kTimedOut;
  if (ending.diagnosis.starts_with(kInputOverwritten)) status = Status::kWrong;
  return Fail({}, status, stage, ending.Describe());
}

GateReport CheckLibrary(const KernelSpec& kernel, const std::string& library,
                        const std::vector<GateCase>& cases, const GateOptions& options) {
  const Ending ending = RunInChild(
      [&](Channel& channel) {
        FaultWatch::Install(channel);
        channel.Stage("load");
        const Variant variant(library);
        channel.Send(RunGate(kernel, variant, cases, options, channel).ToJson());
      },
      options.limits);
  if (ending.how != Ending::How::kReturned) return ReportOf(ending);
  return GateReport::FromJson(ending.payload);
}

}  // namespace tilesmith
