#include "tuner/command/regenerate.h"

#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <CLI/CLI.hpp>

#include "reports/generated_header.h"
#include "reports/results_table.h"
#include "results/error.h"
#include "results/store.h"
#include "tuner/command/context.h"
#include "tuner/command/options.h"
#include "tuner/command/project.h"
#include "tuner/command/today.h"
#include "tuner/compile/process.h"
#include "tuner/kernel.h"
#include "tuner/measure/doctor.h"
#include "tuner/measure/machine.h"
#include "tuner/sweep/roofline.h"

namespace tilesmith {
namespace {

struct RegenerateFlags {
  std::string output, db, machine, table;
  bool check = false;
};

constexpr char kHeaderFile[] = "tuned_kernels.h";

constexpr char kExample[] = R"(Examples:
  tilesmith regenerate                            write results/tuned_kernels.h
  tilesmith regenerate --output include/tuned.h
  tilesmith regenerate --table kernels/README.md  the table of all results in that page
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

// Today's peaks of this machine bound what was measured on it; results of another one have no share.
RooflineShare ShareOf(const HeaderEntry& entry, const Machine& machine,
                      std::map<int, Peaks>& peaks) {
  const KernelSpec* kernel = Registry::Get().Find(entry.duel.kernel);
  if (kernel == nullptr || entry.machine.fingerprint != machine.Record().fingerprint) return {};
  const auto [slot, unknown] = peaks.try_emplace(entry.provenance.threads);
  if (unknown) slot->second = MeasurePeaks(entry.provenance.threads);
  const double bandwidth = slot->second.read_gbytes_per_s.median;
  const double arithmetic = ArithmeticPeak(*kernel, slot->second).median;
  const RooflineShare memory{bandwidth > 0 ? entry.duel.gbytes_per_s / bandwidth : 0, "DRAM"};
  const RooflineShare compute{arithmetic > 0 ? entry.duel.gflops / arithmetic : 0,
                              kernel->arithmetic == DType::kI8 ? "VNNI" : "FMA"};
  const Work work = WorkOf(*kernel, entry.duel.problem.dims);
  const bool cold = 2 * work.cold_bytes > work.bytes;
  // Operands that stay in the caches are bound by none of the rates that were measured.
  if (compute.share >= memory.share) return compute.share > 0 ? compute : RooflineShare{};
  return cold ? memory : RooflineShare{};
}

Exit WriteTable(const HeaderContents& contents, const std::string& path, Context& context) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw UserError(fmt::format("{}: cannot be read", path));
  const std::string document{std::istreambuf_iterator<char>(file), {}};
  const Machine machine = Machine::Detect();
  std::map<int, Peaks> peaks;  // by threads
  std::vector<ResultsRow> rows;
  for (const HeaderKernel& kernel : contents.kernels) {
    for (const HeaderEntry& entry : kernel.entries) {
      rows.push_back({&entry, ShareOf(entry, machine, peaks)});
    }
  }
  const std::string table = ResultsTable(rows).Render(Format::kMarkdown);
  WriteFileAtomically(path, ReplaceGenerated(document, path, table));
  fmt::print(context.out, "{}: {} rows\n", path, rows.size());
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
  if (!flags.table.empty()) return WriteTable(contents, flags.table, context);
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
  CLI::Option* check =
      command->add_flag("--check", flags->check,
                        "Write nothing; exit 4 when the header differs or a result is stale");
  command
      ->add_option("--table", flags->table,
                   "Instead write the table of all results into this Markdown page, between its "
                   "lines of '<!-- tilesmith: … -->'")
      ->type_name("FILE")
      ->excludes(check);
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
