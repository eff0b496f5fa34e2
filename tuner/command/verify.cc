#include "tuner/command/verify.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <CLI/CLI.hpp>

#include "reports/table.h"
#include "results/error.h"
#include "tuner/command/context.h"
#include "tuner/command/options.h"
#include "tuner/command/selection.h"
#include "tuner/compile/process.h"
#include "tuner/gate/exact_tiles.h"
#include "tuner/gate/verify.h"
#include "tuner/measure/machine.h"

namespace tilesmith {
namespace {

struct VerifyFlags {
  std::vector<std::string> kernels, problems, configs;
  bool all = false;
  std::string space_file, golden_data, save_data;
  int exact = 0;
  int seeds = GateOptions{}.seeds, repeats = GateOptions{}.repeats, threads = 0;
  std::uint64_t seed = GateOptions{}.first_seed;
  std::string format = "table";
  BuildFlags build;
  LimitFlags limits;
};

constexpr char kExample[] = R"(Examples:
  tilesmith verify hc_post                                 the default config on every problem
  tilesmith verify hc_post --config T_TILE=4               other tiles as in the default
  tilesmith verify hc_post --exact 20                      random tiles of class E, bit for bit
  tilesmith verify --all --golden-data goldens/            files made elsewhere, e.g. with PyTorch
  tilesmith verify hc_post --save-data frozen/             this golden's inputs and outputs)";

struct Totals {
  std::size_t configs = 0, problems = 0, failed = 0;
};

GateOptions ReadGate(const VerifyFlags& flags, const Machine& machine) {
  GateOptions options;
  options.seeds = flags.seeds;
  options.first_seed = flags.seed;
  options.repeats = flags.repeats;
  options.threads = flags.threads == 0 ? machine.cores : flags.threads;
  options.limits = ReadLimitFlags(flags.limits);
  return options;
}

std::vector<const KernelSpec*> Kernels(const VerifyFlags& flags) {
  if (flags.all) return SelectKernels({"all"});
  if (flags.kernels.empty()) throw UserError("name a KERNEL (see 'tilesmith list') or give --all");
  return SelectKernels(flags.kernels);
}

std::vector<Question> Questions(const VerifyFlags& flags) {
  return SelectQuestions(Kernels(flags), flags.problems, flags.space_file);
}

// Golden files name families and contracts: asking for one contract asks for the files of all.
std::vector<const KernelSpec*> WithFamilies(const std::vector<const KernelSpec*>& kernels) {
  std::vector<const KernelSpec*> all;
  for (const auto& candidate : Registry::Get().kernels()) {
    const bool related = std::any_of(kernels.begin(), kernels.end(), [&](const KernelSpec* kernel) {
      return kernel->family == candidate->family;
    });
    if (related) all.push_back(candidate.get());
  }
  return all;
}

std::vector<Config> Configs(const VerifyFlags& flags, const SpaceDefinition& space) {
  if (flags.configs.empty()) return {space.default_config};
  std::vector<Config> configs;
  for (const std::string& text : flags.configs) configs.push_back(CompleteConfig(space, text));
  return configs;
}

// The gate takes any tiles; that a sweep would not is worth saying.
void NoteOutsideSpace(const Question& question, const Config& config, const Machine& machine,
                      Context& context) {
  for (const Problem& problem : question.problems) {
    const std::string why = SearchSpace(question.space, problem, machine.Facts()).Explain(config);
    if (why.empty()) continue;
    fmt::print(context.err, "note: {} is outside the space of {} {}: {}\n", config.ToString(),
               question.kernel->name, problem.name, why);
  }
}

void Append(std::vector<Verified> more, std::vector<Verified>& rows) {
  std::move(more.begin(), more.end(), std::back_inserter(rows));
}

// Random tiles of class E beside the default.
std::vector<Verified> VerifyDraws(const VerifyFlags& flags, const Machine& machine,
                                  Compiler& compiler, Totals& totals) {
  std::vector<Verified> rows;
  for (const Question& question : Questions(flags)) {
    for (const Problem& problem : question.problems) {
      ++totals.problems;
      Append(VerifyExact(*question.kernel, question.space, problem, machine.Facts(), flags.exact,
                         compiler, ReadGate(flags, machine)),
             rows);
    }
  }
  totals.configs = rows.size();
  return rows;
}

std::vector<Verified> VerifyConfigs(const VerifyFlags& flags, const Machine& machine,
                                    Compiler& compiler, Context& context, Totals& totals) {
  std::vector<Verified> rows;
  for (const Question& question : Questions(flags)) {
    totals.problems += question.problems.size();
    for (const Config& config : Configs(flags, question.space)) {
      ++totals.configs;
      NoteOutsideSpace(question, config, machine, context);
      Append(VerifyConfig(*question.kernel, question.space, question.problems, config, compiler,
                          ReadGate(flags, machine)),
             rows);
    }
  }
  return rows;
}

Table VerifiedTable(const std::vector<Verified>& rows) {
  Table table{{"kernel", "what", "status", "stage", "deterministic", "error_share", "cases",
               "elements", "message"},
              {}};
  for (const auto& [kernel, what, report] : rows) {
    const Cell deterministic = report.deterministic ? Cell(*report.deterministic) : Cell();
    table.rows.push_back({kernel, what, std::string(ToString(report.status)), report.stage,
                          deterministic, report.error_share, std::int64_t{report.cases},
                          report.elements, report.message});
  }
  return table;
}

// "12,345,678"
std::string Grouped(std::int64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t place = 3; place < text.size(); place += 4)
    text.insert(text.size() - place, ",");
  return text;
}

std::string Counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string TotalsLine(const std::vector<Verified>& rows, const Totals& totals, int seeds) {
  std::int64_t cases = 0, elements = 0;
  for (const Verified& row : rows) {
    cases += row.report.cases;
    elements += row.report.elements;
  }
  std::string what = Counted(rows.size(), "check");
  if (totals.configs > 0) {
    what = fmt::format("{}, {}, {}", Counted(totals.configs, "config"),
                       Counted(totals.problems, "problem"),
                       Counted(static_cast<std::size_t>(seeds), "seed"));
  }
  return fmt::format("{}: {} cases, {} elements compared, {} passed, {} failed", what, cases,
                     Grouped(elements), rows.size() - totals.failed, totals.failed);
}

Exit Print(const std::vector<Verified>& rows, Totals totals, const VerifyFlags& flags,
           Format format, Context& context) {
  totals.failed = static_cast<std::size_t>(std::count_if(
      rows.begin(), rows.end(), [](const Verified& v) { return !PassedGate(v.report.status); }));
  context.out << VerifiedTable(rows).Render(format);
  // With the results for people; out of a program's way.
  std::ostream& where = format == Format::kTable ? context.out : context.err;
  fmt::print(where, "{}\n", TotalsLine(rows, totals, flags.seeds));
  return totals.failed == 0 ? Exit::kOk : Exit::kIncorrect;
}

Exit SaveData(const VerifyFlags& flags, Format format, Context& context) {
  Table table{{"kernel", "problem", "file"}, {}};
  for (const Question& question : Questions(flags)) {
    for (const Problem& problem : question.problems) {
      const std::string file = SaveGoldenData(*question.kernel, problem, flags.seed,
                                              flags.save_data, ReadLimitFlags(flags.limits));
      table.rows.push_back({question.kernel->name, problem.name, file});
    }
  }
  context.out << table.Render(format);
  return Exit::kOk;
}

Exit RunVerify(const VerifyFlags& flags, Context& context) {
  const Format format = ReadFormat(flags.format);
  Kernels(flags);  // a misspelt one is told before anything is looked for
  InstallInterruptHandler();
  if (!flags.save_data.empty()) return SaveData(flags, format, context);
  const Machine machine = Machine::Detect();
  Compiler compiler(ReadBuildFlags(flags.build));
  Totals totals;
  std::vector<Verified> rows;
  if (!flags.golden_data.empty()) {
    rows = VerifyGoldenData(WithFamilies(Kernels(flags)), flags.golden_data, compiler,
                            ReadGate(flags, machine));
  } else if (flags.exact > 0) {
    rows = VerifyDraws(flags, machine, compiler, totals);
  } else {
    rows = VerifyConfigs(flags, machine, compiler, context, totals);
  }
  if (rows.empty()) {
    throw UserError(
        "nothing to verify: these kernels have no config that differs from the default "
        "in tiles of class E only",
        Exit::kNothingMatched);
  }
  return Print(rows, totals, flags, format, context);
}

void AddWhat(CLI::App& command, VerifyFlags& flags) {
  command.add_option("KERNEL", flags.kernels, "Kernels by name or glob ('hc_*')")->type_name("");
  command.add_flag("--all", flags.all, "Every kernel");
  command
      .add_option("--problem", flags.problems, "Only these problems, by name or glob; repeatable")
      ->type_name("NAME")
      ->take_all();
  CLI::Option* space = command.add_option("--space", flags.space_file,
                                          "Search space to use instead of the kernel's own");
  space->type_name("FILE");
  CLI::Option* config = command.add_option(
      "--config", flags.configs,
      "Tiles, e.g. \"T_TILE=4,D_TILE=512\"; others as in the default; repeatable");
  config->type_name("TILES")->take_all();
  command
      .add_option("--exact", flags.exact,
                  "Instead N random configs per problem whose tiles of class E alone differ from "
                  "the default's: their bits must not")
      ->check(Between(1, 100000, "configs"))
      ->type_name("N")
      ->excludes(config);
  CLI::Option* golden = command.add_option(
      "--golden-data", flags.golden_data,
      "Compare with a .safetensors(.xz) file, or all those in a folder, instead");
  golden->type_name("PATH")->excludes(config)->excludes(space);
  command
      .add_option("--save-data", flags.save_data,
                  "Write inputs and the golden's outputs of the problems into this folder instead")
      ->type_name("DIR")
      ->excludes(golden);
}

void AddHow(CLI::App& command, VerifyFlags& flags) {
  command.add_option("--seeds", flags.seeds, "Number of seeds")
      ->check(Between(1, 1000, "seeds"))
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--seed", flags.seed, "The first seed")
      ->check(Between(0, 1e15, ""))
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--repeats", flags.repeats, "Runs whose bits must agree")
      ->check(Between(1, 100000, "runs"))
      ->type_name("N")
      ->capture_default_str();
  AddThreads(command, flags.threads);
  AddBuildFlags(command, flags.build);
  AddLimitFlags(command, flags.limits);
  AddFormat(command, flags.format);
}

}  // namespace

void AddVerify(CLI::App& app, Context& context) {
  CLI::App* command =
      app.add_subcommand("verify", "Check that configs compute what their golden computes");
  const auto flags = std::make_shared<VerifyFlags>();
  AddWhat(*command, *flags);
  AddHow(*command, *flags);
  command->footer(kExample);
  MirrorInEnvironment(*command);
  command->parse_complete_callback([&context, flags] {
    context.chosen = [&context, flags] { return RunVerify(*flags, context); };
  });
}

}  // namespace tilesmith
