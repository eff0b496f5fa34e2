#include "tuner/command/list.h"

#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "reports/table.h"
#include "tuner/command/context.h"
#include "tuner/command/options.h"
#include "tuner/command/selection.h"
#include "tuner/measure/machine.h"

namespace tilesmith {
namespace {

struct ListFlags {
  std::vector<std::string> kernels;
  std::string format = "table";
};

constexpr char kExample[] = R"(Examples:
  tilesmith list
  tilesmith list 'hc_*' --format json)";

// Objects for programs, text for people.
Cell DimsCell(const Dims& dims, Format format) {
  if (format != Format::kJson) return ToString(dims);
  nlohmann::ordered_json object = nlohmann::ordered_json::object();
  for (const auto& [name, value] : dims) object[name] = value;
  return Json{object.dump()};
}

// A terminal has no room for the names of a dozen tiles; 'tilesmith space' prints them.
Cell TilesCell(const std::vector<Tile>& tiles, Format format) {
  if (format == Format::kTable) return static_cast<std::int64_t>(tiles.size());
  nlohmann::ordered_json object = nlohmann::ordered_json::object();
  for (const Tile& tile : tiles) object[tile.name] = tile.values;
  return Json{object.dump()};
}

void AddRows(const KernelSpec& kernel, const Dims& facts, Format format, Table& table) {
  const SpaceDefinition definition = LoadSpace(kernel);
  for (const Problem& problem : definition.problems) {
    const SearchSpace space(definition, problem, facts);
    std::vector<Cell>& row = table.rows.emplace_back();
    row = {kernel.name,
           problem.name,
           DimsCell(problem.dims, format),
           static_cast<std::int64_t>(space.Count()),
           TilesCell(definition.tiles, format),
           kernel.contract};
    if (format != Format::kTable) row.emplace_back(definition.default_config.ToString());
  }
}

Exit RunList(const ListFlags& flags, Context& context) {
  const Format format = ReadFormat(flags.format);
  const Dims facts = Machine::Detect().Facts();
  Table table;
  table.columns = {"kernel", "problem", "dims", "space", "tiles", "contract"};
  if (format != Format::kTable) table.columns.push_back("default");
  for (const KernelSpec* kernel : SelectKernels(flags.kernels)) {
    AddRows(*kernel, facts, format, table);
  }
  context.out << table.Render(format);
  return Exit::kOk;
}

}  // namespace

void AddList(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("list", "Kernels, problems and sizes of their spaces");
  const auto flags = std::make_shared<ListFlags>();
  command->add_option("KERNEL", flags->kernels, "Kernels by name or glob; none: all")
      ->type_name("");
  AddFormat(*command, flags->format);
  command->footer(kExample);
  MirrorInEnvironment(*command);
  command->parse_complete_callback([&context, flags] {
    context.chosen = [&context, flags] {
      if (flags->kernels.empty()) flags->kernels = {"all"};
      return RunList(*flags, context);
    };
  });
}

}  // namespace tilesmith
