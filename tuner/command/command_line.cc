#include "tuner/command/command_line.h"

#include <algorithm>
#include <exception>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <CLI/CLI.hpp>

#include "results/error.h"
#include "results/suggest.h"
#include "tuner/command/context.h"
#include "tuner/command/db.h"
#include "tuner/command/doctor.h"
#include "tuner/command/list.h"
#include "tuner/command/query.h"
#include "tuner/command/regenerate.h"
#include "tuner/command/space.h"
#include "tuner/command/sweep.h"
#include "tuner/command/verify.h"
#include "tuner/compile/process.h"
#include "tuner/kernel.h"
#include "tuner/version.h"

namespace tilesmith {
namespace {

constexpr char kDescription[] =
    "Finds the best compile-time tile sizes of C++ kernels, proves each candidate right before it "
    "is\n"
    "timed, keeps every result in SQLite, and emits the winners as a C++ header.";

constexpr char kFooter[] = R"(A first tour:
  tilesmith list                          what there is to tune
  tilesmith sweep hc_post --budget 60s    tune it; run it again to go on where it stopped
  tilesmith query --kernel hc_post        what came of it
  tilesmith regenerate                    write the winners to results/tuned_kernels.h

Every flag is also an environment variable: --time-limit is TILESMITH_TIME_LIMIT. The flag wins.
Results go to stdout; progress, notes and errors to stderr (a live line on a terminal, where
NO_COLOR is heeded).
Exit codes: 0 ok, 1 usage or internal error, 2 a kernel computes wrong results, 3 regression,
4 generated file stale or different, 5 nothing matched, 130 interrupted with the results saved.)";

void Build(CLI::App& app, Context& context) {
  app.description(kDescription);
  app.footer(kFooter);
  app.set_version_flag("--version", fmt::format("tilesmith {} ({})", kToolVersion, kToolRevision));
  app.require_subcommand(1);
  AddList(app, context);
  AddSpace(app, context);
  AddSweep(app, context);
  AddVerify(app, context);
  AddQuery(app, context);
  AddRegenerate(app, context);
  AddDoctor(app, context);
  AddDb(app, context);
}

const CLI::App& Innermost(const CLI::App& app) {
  const CLI::App* command = &app;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  return *command;
}

// "tilesmith db merge"
std::string FullName(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  if (parent == nullptr) return "tilesmith";
  return FullName(*parent) + " " + command.get_name();
}

std::vector<std::string> Subcommands(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* sub : command.get_subcommands({})) names.push_back(sub->get_name());
  return names;
}

std::vector<std::string> Flags(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::string Unknown(const CLI::App& command, const std::string& word) {
  if (!word.starts_with("-")) {
    const std::vector<std::string> known = Subcommands(command);
    return known.empty() ? fmt::format("unexpected argument '{}'", word)
                         : fmt::format("unknown command '{}'{}", word, Suggest(word, known));
  }
  const std::string flag = word.substr(0, word.find('='));
  return fmt::format("unknown option '{}'{}", flag, Suggest(flag, Flags(command)));
}

// CLI11 reports a misspelt subcommand as a missing one, so what was left over is looked at first.
std::string WhatIsWrong(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& command = Innermost(app);
  const std::vector<std::string> left = command.remaining();
  const bool unknown = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError) ||
                       error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError);
  if (unknown && !left.empty()) return Unknown(command, left.front());
  if (!Subcommands(command).empty() && command.get_subcommands().empty()) {
    return fmt::format("which command? one of: {}", fmt::join(Subcommands(command), ", "));
  }
  return error.what();
}

void Parse(CLI::App& app, const std::vector<std::string>& arguments) {
  // CLI11 takes them without the program and in reverse.
  std::vector<std::string> reversed(arguments.rbegin(),
                                    arguments.rend() - (arguments.empty() ? 0 : 1));
  app.parse(std::move(reversed));
}

// Everything but the errors: parses and runs what was chosen.
Exit ParseAndRun(const std::vector<std::string>& arguments, Context& context) {
  CLI::App app("", "tilesmith");
  Build(app, context);
  try {
    Parse(app, arguments);
  } catch (const CLI::Success& asked) {  // --help, --version
    app.exit(asked, context.out, context.err);
    return Exit::kOk;
  } catch (const CLI::ParseError& error) {
    const std::string what = WhatIsWrong(app, error);
    throw UserError(fmt::format("{}{}ee '{} --help'", what, what.ends_with('?') ? " S" : "; s",
                                FullName(Innermost(app))));
  }
  Registry::Get().ThrowDeferred();
  return context.chosen();
}

void FlushResults(std::ostream& out) {
  if (!out.flush())
    throw UserError("the results could not be written to stdout; is its disk full?");
}

// One line, whatever the message is: scripts read them by line.
void PrintError(std::ostream& err, std::string message) {
  std::replace(message.begin(), message.end(), '\n', ' ');
  fmt::print(err, "tilesmith: {}\n", message);
}

}  // namespace

int RunCommandLine(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err,
                   const Terminal& terminal) {
  const std::string program = arguments.empty() ? "tilesmith" : arguments.front();
  Context context{out, err, terminal, ShellQuote(arguments), program, {}};
  Exit code = Exit::kUsage;
  try {
    code = ParseAndRun(arguments, context);
    FlushResults(out);
  } catch (const UserError& error) {
    out.flush();
    PrintError(err, error.what());
    code = error.code();
  } catch (const Interrupt&) {
    out.flush();
    PrintError(err,
               "interrupted; what was finished is stored, the same command goes on from there");
    code = Exit::kInterrupted;
  } catch (const std::exception& error) {
    out.flush();
    PrintError(err, fmt::format("internal error: {}", error.what()));
  }
  err.flush();
  return static_cast<int>(code);
}

}  // namespace tilesmith
