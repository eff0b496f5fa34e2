#include "tuner/command/dry_run.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <nlohmann/json.hpp>

#include "results/store.h"
#include "tuner/command/known.h"
#include "tuner/space/strategy.h"
#include "tuner/sweep/provenance.h"

namespace tilesmith {
namespace {

constexpr std::size_t kShown = 5;

struct Plan {
  std::string kernel, problem;
  std::int64_t space = 0, known = 0, to_run = 0;
  std::vector<Config> first;
};

std::vector<Trial> Known(const Question& question, const Problem& problem, ResultStore* store,
                         Compiler& compiler, const Machine& machine, const SweepOptions& options) {
  if (store == nullptr || options.fresh) return {};
  Workshop workshop{*store, compiler, machine};
  const Provenance now = CurrentProvenance(*question.kernel, question.space, workshop, options);
  std::vector<Trial> known = KnownTrials(*store, now, problem);
  const SearchSpace space(question.space, problem, machine.Facts());
  std::erase_if(known, [&](const Trial& trial) { return !space.IndexOf(trial.config); });
  return known;
}

Plan MakePlan(const Question& question, const Problem& problem, const std::vector<Trial>& known,
              const Machine& machine, const SweepOptions& options) {
  const SearchSpace space(question.space, problem, machine.Facts());
  const std::uint64_t all = space.Count();
  const std::uint64_t wanted = std::min(all, options.budget.configs.value_or(all));
  Plan plan{question.kernel->name,
            problem.name,
            static_cast<std::int64_t>(all),
            static_cast<std::int64_t>(known.size()),
            0,
            {}};
  plan.to_run = static_cast<std::int64_t>(wanted - std::min<std::uint64_t>(wanted, known.size()));
  const auto shown = std::min<std::size_t>(kShown, static_cast<std::size_t>(plan.to_run));
  plan.first = FirstConfigs(space, known, options, shown);
  return plan;
}

Table AsTable(const std::vector<Plan>& plans) {
  Table table{{"kernel", "problem", "space", "known", "to_run", "first"}, {}};
  for (const Plan& plan : plans) {
    nlohmann::json first = nlohmann::json::array();
    for (const Config& config : plan.first) first.push_back(config.ToString());
    table.rows.push_back(
        {plan.kernel, plan.problem, plan.space, plan.known, plan.to_run, Json{first.dump()}});
  }
  return table;
}

void PrintForReading(const std::vector<Plan>& plans, const Budget& budget, std::ostream& out) {
  for (const Plan& plan : plans) {
    fmt::print(out, "{} {}: {} configs, {} known, {}{} to run\n", plan.kernel, plan.problem,
               plan.space, plan.known, budget.seconds ? "at most " : "", plan.to_run);
    for (const Config& config : plan.first) fmt::print(out, "  {}\n", config.ToString());
    const auto more = plan.to_run - static_cast<std::int64_t>(plan.first.size());
    if (more > 0) fmt::print(out, "  and {} more\n", more);
  }
}

}  // namespace

std::vector<Config> FirstConfigs(const SearchSpace& space, const std::vector<Trial>& known,
                                 const SweepOptions& options, std::size_t count) {
  std::map<std::uint64_t, std::optional<double>> answers;
  for (const Trial& trial : known) {
    const std::optional<std::uint64_t> index = space.IndexOf(trial.config);
    const bool timed = PassedGate(trial.status) && 0 < trial.median_ns;
    if (index) answers[*index] = timed ? std::optional(std::log(trial.median_ns)) : std::nullopt;
  }
  const std::unique_ptr<Strategy> strategy = MakeStrategy(
      options.strategy, space, options.seed, options.budget.configs.value_or(space.Count()));
  std::vector<Config> first;
  while (first.size() < count) {
    const std::vector<std::uint64_t> asked = strategy->Ask(1);
    if (asked.empty()) break;
    const auto answer = answers.find(asked.front());
    if (answer != answers.end()) {
      strategy->Tell(asked.front(), answer->second);
    } else {
      first.push_back(space.At(asked.front()));
    }
  }
  return first;
}

Exit DryRun(const std::vector<Question>& questions, const std::string& db, Compiler& compiler,
            const Machine& machine, const SweepOptions& options, Format format, Context& context) {
  std::unique_ptr<ResultStore> store;
  if (std::filesystem::exists(db)) {
    store = std::make_unique<ResultStore>(db, ResultStore::Mode::kReadOnly);
  }
  std::vector<Plan> plans;
  for (const Question& question : questions) {
    for (const Problem& problem : question.problems) {
      const std::vector<Trial> known =
          Known(question, problem, store.get(), compiler, machine, options);
      plans.push_back(MakePlan(question, problem, known, machine, options));
    }
  }
  if (format == Format::kTable) {
    PrintForReading(plans, options.budget, context.out);
  } else {
    context.out << AsTable(plans).Render(format);
  }
  return Exit::kOk;
}

}  // namespace tilesmith
