#include "tuner/command/db.h"

#include <filesystem>
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
#include "results/maintenance.h"
#include "results/store.h"
#include "tuner/command/context.h"
#include "tuner/command/export_json.h"
#include "tuner/command/options.h"
#include "tuner/command/project.h"

namespace tilesmith {
namespace {

struct DbFlags {
  std::string db, output = "-";
  std::vector<std::string> files;
};

constexpr char kExample[] = R"(Examples:
  tilesmith db verify                         is the file sound?
  tilesmith db merge colleague.db ci.db       take over what others found
  tilesmith db export --output results.json)";

std::string Path(const DbFlags& flags) { return ResultsFile(flags.db, kDatabaseFile); }

// For subcommands that change a database: a misspelt --db must not create an empty one.
ResultStore OpenExisting(const std::string& path) {
  if (!std::filesystem::exists(path)) {
    throw UserError(fmt::format("{}: no such database; 'tilesmith sweep' makes one", path));
  }
  return ResultStore(path);
}

Exit RunVerify(const DbFlags& flags, Context& context) {
  const ResultStore store(Path(flags), ResultStore::Mode::kReadOnly);
  const std::vector<std::string> damages = Verify(store);
  for (const std::string& damage : damages) fmt::print(context.out, "{}\n", damage);
  if (damages.empty()) {
    fmt::print(context.out, "{}: sound\n", store.path());
    return Exit::kOk;
  }
  throw UserError(
      fmt::format("{}: {} things are wrong; restore a copy, or merge it into a new "
                  "database to keep what is sound",
                  store.path(), damages.size()));
}

Exit RunVacuum(const DbFlags& flags, Context& context) {
  ResultStore store = OpenExisting(Path(flags));
  const auto sizes = Vacuum(store);
  fmt::print(context.out, "{}: {} bytes, were {}\n", store.path(), sizes.bytes_after,
             sizes.bytes_before);
  return Exit::kOk;
}

Exit RunExport(const DbFlags& flags, Context& context) {
  const ResultStore store(Path(flags), ResultStore::Mode::kReadOnly);
  const std::string text = ExportJson(store);
  if (flags.output == "-") {
    context.out << text;
  } else {
    WriteFileAtomically(flags.output, text);
  }
  return Exit::kOk;
}

Exit RunMerge(const DbFlags& flags, Context& context) {
  // What cannot be read must not leave an empty database behind.
  for (const std::string& file : flags.files) ResultStore(file, ResultStore::Mode::kReadOnly);
  ResultStore into(Path(flags));
  for (const std::string& file : flags.files) {
    const auto counts = Merge(into, file);
    fmt::print(context.out, "{}: {} trials, {} duels taken into {}\n", file, counts.trials,
               counts.duels, into.path());
  }
  return Exit::kOk;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw UserError(fmt::format("{}: cannot be read", path));
  return {std::istreambuf_iterator<char>(file), {}};
}

Exit RunImport(const DbFlags& flags, Context& context) {
  std::vector<std::string> texts;
  for (const std::string& file : flags.files) texts.push_back(ReadFile(file));
  ResultStore into(Path(flags));
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const ImportCounts counts = ImportJson(into, texts[i], flags.files[i]);
    fmt::print(context.out, "{}: {} trials, {} duels taken into {}\n", flags.files[i],
               counts.trials, counts.duels, into.path());
  }
  return Exit::kOk;
}

using Run = Exit (*)(const DbFlags&, Context&);

// The flags all of them have, and what to run.
CLI::App* Add(CLI::App& db, Context& context, const std::shared_ptr<DbFlags>& flags, Run run,
              const char* name, const char* what) {
  CLI::App* command = db.add_subcommand(name, what);
  AddDatabase(*command, flags->db);
  command->parse_complete_callback([&context, flags, run] {
    context.chosen = [&context, flags, run] { return run(*flags, context); };
  });
  return command;
}

void AddFiles(CLI::App& command, DbFlags& flags, const char* what) {
  command.add_option("FILE", flags.files, what)->type_name("")->required();
}

}  // namespace

void AddDb(CLI::App& app, Context& context) {
  CLI::App* db = app.add_subcommand("db", "Care of the database: verify, vacuum, export, merge");
  const auto flags = std::make_shared<DbFlags>();
  Add(*db, context, flags, RunVerify, "verify", "Check that the file is sound; exit 1 if not");
  Add(*db, context, flags, RunVacuum, "vacuum", "Rewrite the file without its gaps");
  Add(*db, context, flags, RunExport, "export", "Write everything as JSON")
      ->add_option("--output", flags->output, "File to write; - is stdout")
      ->type_name("FILE")
      ->capture_default_str();
  AddFiles(*Add(*db, context, flags, RunMerge, "merge", "Take over what other databases know"),
           *flags, "Databases to read");
  AddFiles(*Add(*db, context, flags, RunImport, "import", "Take over what 'db export' wrote"),
           *flags, "Exports to read");
  db->require_subcommand(1);
  db->footer(kExample);
  for (CLI::App* command : db->get_subcommands({})) MirrorInEnvironment(*command);
}

}  // namespace tilesmith
