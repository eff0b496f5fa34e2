#include "tuner/command/space.h"

#include <chrono>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "reports/table.h"
#include "results/error.h"
#include "tuner/command/context.h"
#include "tuner/command/options.h"
#include "tuner/command/selection.h"
#include "tuner/measure/machine.h"
#include "tuner/space/space_file.h"

namespace tilesmith {
namespace {

struct SpaceFlags {
  std::string kernel;
  std::string file;
  std::vector<std::string> problems;
  std::string format = "table";
};

constexpr char kExample[] = R"(Examples:
  tilesmith space hc_post --problem decode-flash
  tilesmith space --file my_space.toml --format json    a file on its own, no kernel needed)";

// A file alone may be of a kernel that this program does not have.
Question Ask(const SpaceFlags& flags) {
  if (!flags.kernel.empty()) {
    return SelectQuestions({SelectKernels({flags.kernel}).front()}, flags.problems, flags.file)
        .front();
  }
  if (flags.file.empty())
    throw UserError("name a KERNEL (see 'tilesmith list') or give --file FILE");
  Question question{nullptr, LoadSpaceFile(flags.file), {}};
  question.problems = SelectProblems(question.space, flags.problems);
  return question;
}

std::string TileText(const Tile& tile) {
  std::string text = tile.name + "=";
  for (const std::int64_t value : tile.values) {
    text += (text.back() == '=' ? "" : "|") + std::to_string(value);
  }
  return text;
}

// One problem's space, measured.
struct Size {
  Cell cartesian;  // whole where it is exact
  std::int64_t valid = 0;
  double seconds = 0;  // to build and to count
  std::vector<std::pair<std::string, std::uint64_t>> pruned;
};

Cell WholeWhereExact(double count) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (count <= kExact) return static_cast<std::int64_t>(count);
  return count;
}

Size Measure(const SpaceDefinition& definition, const Problem& problem, const Dims& facts) {
  const auto begin = std::chrono::steady_clock::now();
  const SearchSpace space(definition, problem, facts);
  const auto valid = static_cast<std::int64_t>(space.Count());
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  return {WholeWhereExact(space.Cartesian()), valid, seconds.count(), space.PruneCounts()};
}

Json PrunedObject(const Size& size) {
  nlohmann::ordered_json object = nlohmann::ordered_json::object();
  for (const auto& [constraint, count] : size.pruned) object[constraint] = count;
  return Json{object.dump()};
}

Table AllColumns(const Question& question, const Dims& facts) {
  Table table{{"name", "cartesian", "valid", "seconds", "pruned", "kernel", "problem"}, {}};
  const std::string& kernel = question.space.kernel;
  for (const Problem& problem : question.problems) {
    const Size size = Measure(question.space, problem, facts);
    table.rows.push_back({kernel + " " + problem.name, size.cartesian, size.valid, size.seconds,
                          PrunedObject(size), kernel, problem.name});
  }
  return table;
}

// For reading: a column per constraint would be too wide, so each has a line of its own.
void PrintForReading(const Question& question, const Dims& facts, std::ostream& out) {
  out << question.space.kernel << " (" << question.space.file << ")\n  tiles:";
  for (const Tile& tile : question.space.tiles) out << ' ' << TileText(tile);
  out << "\n  default: " << question.space.default_config.ToString() << "\n\n";
  Table sizes{{"problem", "dims", "cartesian", "valid", "seconds"}, {}};
  Table pruned{{"problem", "constraint", "pruned"}, {}};
  for (const Problem& problem : question.problems) {
    const Size size = Measure(question.space, problem, facts);
    sizes.rows.push_back(
        {problem.name, ToString(problem.dims), size.cartesian, size.valid, size.seconds});
    for (const auto& [constraint, count] : size.pruned) {
      pruned.rows.push_back({problem.name, constraint, static_cast<std::int64_t>(count)});
    }
  }
  out << sizes.Render(Format::kTable);
  if (!pruned.rows.empty()) out << '\n' << pruned.Render(Format::kTable);
}

Exit RunSpace(const SpaceFlags& flags, Context& context) {
  const Format format = ReadFormat(flags.format);
  const Question question = Ask(flags);
  const Dims facts = Machine::Detect().Facts();
  if (format == Format::kTable) {
    PrintForReading(question, facts, context.out);
  } else {
    context.out << AllColumns(question, facts).Render(format);
  }
  return Exit::kOk;
}

}  // namespace

void AddSpace(CLI::App& app, Context& context) {
  CLI::App* command =
      app.add_subcommand("space", "Size of a search space, and what each constraint prunes");
  const auto flags = std::make_shared<SpaceFlags>();
  command->add_option("KERNEL", flags->kernel, "Kernel (see 'tilesmith list')")->type_name("");
  command->add_option("--file", flags->file, "Space file to look at instead of the kernel's own")
      ->type_name("FILE");
  command->add_option("--problem", flags->problems, "Only these problems, by name or glob")
      ->type_name("NAME")
      ->take_all();
  AddFormat(*command, flags->format);
  command->footer(kExample);
  MirrorInEnvironment(*command);
  command->parse_complete_callback([&context, flags] {
    context.chosen = [&context, flags] { return RunSpace(*flags, context); };
  });
}

}  // namespace tilesmith
