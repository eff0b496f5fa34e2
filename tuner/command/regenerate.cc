#include "tuner/command/regenerate.h"

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <CLI/CLI.hpp>

#include "reports/generated_header.h"
#include "results/error.h"
#include "results/store.h"
#include "tuner/command/context.h"
#include "tuner/command/options.h"
#include "tuner/command/project.h"
#include "tuner/command/today.h"
#include "tuner/compile/process.h"
#include "tuner/measure/machine.h"

namespace tilesmith {
namespace {

struct RegenerateFlags {
  std::string output, db, machine;
  bool check = false;
};

constexpr char kHeaderFile[] = "tuned_kernels.h";

constexpr char kExample[] = R"(Examples:
  tilesmith regenerate                            write results/tuned_kernels.h
  tilesmith regenerate --output include/tuned.h
  tilesmith regenerate --check                    in CI: exit 4 when the committed header is not
                                                  what the database would produce today)";

HeaderContents Collect(const RegenerateFlags& flags, ResultStore& store, Context& context) {
  HeaderContents contents = CollectHeader(store, flags.machine);
  if (contents.kernels.empty() && contents.left_out.empty()) {
    throw UserError(
        fmt::format("{}: no kernel was tuned{} yet; run 'tilesmith sweep' first", store.path(),
                    flags.machine.empty() ? "" : " on machine " + flags.machine),
        Exit::kNothingMatched);
  }
  const Machine machine = Machine::Detect();
  Today(store, machine, context.err).LeaveOutStale(contents);
  return contents;
}

std::string ReadCommitted(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw UserError(fmt::format("{}: cannot be read; run 'tilesmith regenerate' to write it", path),
                    Exit::kStale);
  }
  return {std::istreambuf_iterator<char>(file), {}};
}

Exit Check(const HeaderContents& contents, const std::string& path, Context& context) {
  const std::vector<std::string> differences = CheckHeader(contents, ReadCommitted(path));
  for (const std::string& difference : differences) {
    fmt::print(context.out, "{}: {}\n", path, difference);
  }
  if (differences.empty()) return Exit::kOk;
  throw UserError(
      fmt::format("{}: {} difference{} from the database; run 'tilesmith regenerate' (or "
                  "'tilesmith sweep' for what is stale)",
                  path, differences.size(), differences.size() == 1 ? "" : "s"),
      Exit::kStale);
}

Exit Write(const HeaderContents& contents, const std::string& path, Context& context) {
  if (contents.kernels.empty()) {
    throw UserError(
        fmt::format("{}: not written, every result is stale ({}); run 'tilesmith sweep'", path,
                    contents.left_out.front()),
        Exit::kNothingMatched);
  }
  const std::string text = GenerateHeader(contents.kernels);
  if (path == "-") {
    context.out << text;
    return Exit::kOk;
  }
  WriteFileAtomically(path, text);
  std::size_t problems = 0;
  for (const HeaderKernel& kernel : contents.kernels) problems += kernel.entries.size();
  fmt::print(context.out, "{}: {} kernels, {} tuned problems\n", path, contents.kernels.size(),
             problems);
  return Exit::kOk;
}

Exit RunRegenerate(const RegenerateFlags& flags, Context& context) {
  InstallInterruptHandler();
  ResultStore store(ResultsFile(flags.db, kDatabaseFile), ResultStore::Mode::kReadOnly);
  const HeaderContents contents = Collect(flags, store, context);
  const std::string path = ResultsFile(flags.output, kHeaderFile);
  if (flags.check) return Check(contents, path, context);
  for (const std::string& line : contents.left_out) {
    fmt::print(context.err, "note: left out: {}\n", line);
  }
  return Write(contents, path, context);
}

}  // namespace

void AddRegenerate(CLI::App& app, Context& context) {
  CLI::App* command =
      app.add_subcommand("regenerate", "Write the C++ header of the winners, or check it");
  const auto flags = std::make_shared<RegenerateFlags>();
  command
      ->add_option("--output", flags->output,
                   "The header; - is stdout. Without it: results/tuned_kernels.h of the project")
      ->type_name("FILE");
  command->add_flag("--check", flags->check,
                    "Write nothing; exit 4 when the header differs or a result is stale");
  command
      ->add_option("--machine", flags->machine,
                   "Fingerprint of the machine whose results are taken. Without it: the newest")
      ->type_name("ID");
  AddDatabase(*command, flags->db);
  command->footer(kExample);
  MirrorInEnvironment(*command);
  command->parse_complete_callback([&context, flags] {
    context.chosen = [&context, flags] { return RunRegenerate(*flags, context); };
  });
}

}  // namespace tilesmith
