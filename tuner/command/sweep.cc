#include "tuner/command/sweep.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "reports/sweep_summary.h"
#include "results/store.h"
#include "tuner/command/context.h"
#include "tuner/command/dry_run.h"
#include "tuner/command/progress.h"
#include "tuner/command/project.h"
#include "tuner/command/selection.h"
#include "tuner/command/sweep_flags.h"
#include "tuner/compile/process.h"
#include "tuner/sweep/stages.h"

namespace tilesmith {
namespace {

constexpr char kExample[] = R"(Examples:
  tilesmith sweep hc_post --problem decode-flash --budget 60s
  tilesmith sweep 'hc_*' --budget 200 --format json > results.json
  tilesmith sweep all --dry-run

What the database knows is not run again, so an interrupted sweep goes on where it stopped.)";

bool ReachedGate(Status status) {
  return status != Status::kCompileFailed && status != Status::kCompileTimeout;
}

// Passes everything on, and remembers how the default fared.
class Judge : public SweepObserver {
 public:
  Judge(SweepObserver& next, Config default_config)
      : next_(next), default_config_(std::move(default_config)) {}

  void OnStart(const std::string& kernel, const Problem& problem, std::uint64_t space_size,
               const Budget& budget) override {
    next_.OnStart(kernel, problem, space_size, budget);
  }
  void OnTrial(const Trial& trial, bool fresh) override {
    if (trial.config == default_config_) default_status_ = trial.status;
    any_passed_ |= PassedGate(trial.status);
    any_reached_gate_ |= ReachedGate(trial.status);
    next_.OnTrial(trial, fresh);
  }
  void OnPhase(std::string_view phase) override { next_.OnPhase(phase); }

  Exit Code() const {
    if (default_status_ && !PassedGate(*default_status_) && any_reached_gate_) {
      return Exit::kIncorrect;
    }
    return any_passed_ ? Exit::kOk : Exit::kNothingMatched;
  }

 private:
  SweepObserver& next_;
  Config default_config_;
  std::optional<Status> default_status_;
  bool any_passed_ = false, any_reached_gate_ = false;
};

Exit Worse(Exit a, Exit b) {
  const auto rank = [](Exit code) {
    return code == Exit::kIncorrect ? 2 : code == Exit::kNothingMatched ? 1 : 0;
  };
  return rank(a) < rank(b) ? b : a;
}

// Results as they come for people, all at the end for programs, and in either case those there are
// when something ends the command early.
class Printer {
 public:
  Printer(Context& context, Format format) : context_(context), format_(format) {}
  void Add(SweepResult result) {
    if (format_ == Format::kTable) {
      context_.out << SweepText({result}) << std::flush;
    } else {
      results_.push_back(std::move(result));
    }
  }
  void Finish() {
    if (format_ != Format::kTable) context_.out << SweepTable(results_).Render(format_);
  }

 private:
  Context& context_;
  Format format_;
  std::vector<SweepResult> results_;
};

// One question, or those of its stages before it; all are printed.
Exit SweepQuestion(const Question& question, const Problem& problem, Workshop& workshop,
                   const SweepOptions& options, Progress& progress, Printer& printer) {
  Exit code = Exit::kOk;
  const StageSweep sweep = [&](const KernelSpec& kernel, const SpaceDefinition& space,
                               const Problem& of, const SweepOptions& with) {
    Judge judge(progress, space.default_config);
    SweepResult result = Sweep(kernel, space, of, workshop, with, judge);
    progress.Erase();
    printer.Add(result);
    code = Worse(code, judge.Code());
    return result;
  };
  if (question.space.stages.empty()) {
    sweep(*question.kernel, question.space, problem, options);
  } else {
    SweepComposition(*question.kernel, question.space, problem, options, sweep);
  }
  return code;
}

Exit SweepAll(const std::vector<Question>& questions, Workshop& workshop,
              const SweepOptions& options, Progress& progress, Printer& printer) {
  Exit code = Exit::kOk;
  for (const Question& question : questions) {
    for (const Problem& problem : question.problems) {
      code = Worse(code, SweepQuestion(question, problem, workshop, options, progress, printer));
    }
  }
  return code;
}

Exit RunSweep(const SweepFlags& flags, Context& context) {
  const Format format = ReadFormat(flags.format);
  SweepOptions options = ReadSweepFlags(flags, context.command);
  options.program = context.program;
  const std::vector<Question> questions =
      SelectQuestions(SelectKernels(flags.kernels), flags.problems, flags.space_file);
  const Machine machine = Machine::Detect();
  InstallInterruptHandler();
  // Before the store: without a compiler, no database appears.
  Compiler compiler(ReadBuildFlags(flags.build));
  const std::string db = ResultsFile(flags.db, kDatabaseFile);
  if (flags.dry_run) return DryRun(questions, db, compiler, machine, options, format, context);
  ResultStore store(db);
  Workshop workshop{store, compiler, machine};
  const std::unique_ptr<Progress> progress =
      MakeProgress(context.err, context.terminal, flags.quiet);
  Printer printer(context, format);
  try {
    const Exit code = SweepAll(questions, workshop, options, *progress, printer);
    printer.Finish();
    return code;
  } catch (...) {
    progress->Erase();
    printer.Finish();
    throw;
  }
}

}  // namespace

void AddSweep(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("sweep", "Tune kernels: find, prove, time, store");
  const auto flags = std::make_shared<SweepFlags>();
  AddSweepFlags(*command, *flags);
  command->footer(kExample);
  MirrorInEnvironment(*command);
  command->parse_complete_callback([&context, flags] {
    context.chosen = [&context, flags] { return RunSweep(*flags, context); };
  });
}

}  // namespace tilesmith
