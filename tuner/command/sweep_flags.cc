#include "tuner/command/sweep_flags.h"

#include <algorithm>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "results/error.h"
#include "results/suggest.h"
#include "tuner/space/strategy.h"

namespace tilesmith {
namespace {

void AddWhat(CLI::App& command, SweepFlags& flags) {
  command.add_option("KERNEL", flags.kernels, "Kernels by name or glob ('hc_*'), or all")
      ->type_name("")
      ->required();
  command
      .add_option("--problem", flags.problems, "Only these problems, by name or glob; repeatable")
      ->type_name("NAME")
      ->take_all();
  command
      .add_option("--space", flags.space_file, "Search space to use instead of the kernel's own")
      ->type_name("FILE");
}

void AddHow(CLI::App& command, SweepFlags& flags) {
  command
      .add_option("--strategy", flags.strategy,
                  "How configs are chosen: auto, exhaustive, random or ils (local search)")
      ->type_name("NAME")
      ->capture_default_str();
  command
      .add_option("--budget", flags.budget,
                  "How much each kernel and problem is worth over all its sessions: configs (200), "
                  "time (60s, 5m), both (200,60s), or 'all' for the whole space")
      ->type_name("BUDGET")
      ->capture_default_str();
  command.add_option("--seed", flags.seed, "Seed of everything random")
      ->check(Between(0, 1e15, ""))
      ->type_name("N")
      ->capture_default_str();
  command.add_flag("--fresh", flags.fresh, "Run configs again that the database already knows");
  command.add_flag("--dry-run", flags.dry_run, "Say what would be run, and touch nothing");
  command.add_flag("--quiet", flags.quiet, "No progress; errors are still shown");
}

}  // namespace

void AddSweepFlags(CLI::App& command, SweepFlags& flags) {
  AddWhat(command, flags);
  AddHow(command, flags);
  AddThreads(command, flags.threads);
  AddBuildFlags(command, flags.build);
  AddLimitFlags(command, flags.limits);
  AddDatabase(command, flags.db);
  AddFormat(command, flags.format);
}

Budget ReadBudget(const std::string& text) {
  if (text == "all") return {};
  const Budget budget = text.empty() ? Budget{0, {}} : Budget::Parse(text);
  const bool some_configs = !budget.configs || 1 <= *budget.configs;
  const bool some_seconds = !budget.seconds || 0 < *budget.seconds;
  if (some_configs && some_seconds) return budget;
  throw UserError(
      fmt::format("--budget '{}' allows nothing; give configs (200), time (60s), or 'all' for the "
                  "whole space",
                  text));
}

SweepOptions ReadSweepFlags(const SweepFlags& flags, const std::string& typed) {
  const std::vector<std::string> strategies = StrategyNames();
  if (std::find(strategies.begin(), strategies.end(), flags.strategy) == strategies.end()) {
    throw UserError(fmt::format("unknown strategy '{}'{}", flags.strategy,
                                Suggest(flags.strategy, strategies)));
  }
  SweepOptions options;
  options.strategy = flags.strategy;
  options.budget = ReadBudget(flags.budget);
  options.seed = flags.seed;
  options.threads = flags.threads;
  options.fresh = flags.fresh;
  options.gate.limits = ReadLimitFlags(flags.limits);
  options.command = typed;
  return options;
}

}  // namespace tilesmith
