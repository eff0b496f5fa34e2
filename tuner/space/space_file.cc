#include "tuner/space/space_file.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "results/error.h"
#include "results/suggest.h"
#include "tuner/space/space_text.h"

namespace tilesmith {
namespace {

const std::vector<std::string> kSections = {"kernel",   "tiles",   "default", "constraints",
                                            "requires", "classes", "blocks",  "stage",
                                            "problem",  "ragged"};

struct Entry {
  std::string name;
  const toml::node* value;
  int line;
};

int LineOf(const toml::source_region& region) { return static_cast<int>(region.begin.line); }

// In the file's order; toml++ keeps them by name.
std::vector<Entry> Entries(const toml::table& table) {
  std::vector<std::pair<toml::source_position, Entry>> found;
  for (const auto& [key, value] : table) {
    found.push_back({key.source().begin, {std::string(key.str()), &value, LineOf(key.source())}});
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Entry> entries;
  for (auto& [position, entry] : found) entries.push_back(std::move(entry));
  return entries;
}

class SpaceFile {
 public:
  explicit SpaceFile(const std::string& path) : text_(ReadText(path)) { space_.file = path; }

  SpaceDefinition Load() {
    const toml::table root = Parse();
    for (const Entry& entry : Entries(root)) {
      if (std::ranges::count(kSections, entry.name) == 0) {
        Fail(entry.line, "unknown key '{}'{}", entry.name, Suggest(entry.name, kSections));
      }
    }
    ReadKernel(Need(root, "kernel", "add a line such as kernel = \"hc_post\""));
    if (const auto stages = Find(root, "stage")) {
      ReadStages(*stages);
    } else {
      ReadTiles(Need(root, "tiles", "list each tile's values under [tiles]"));
      ReadDefault(Need(root, "default", "every speed-up is quoted against it; add [default]"));
    }
    space_.problems = ReadProblems(Need(root, "problem", "add a [[problem]]"), "");
    space_.ragged =
        ReadProblems(Need(root, "ragged", "add a [[ragged]] with sizes no tile divides"), "ragged");
    CheckDimensions();
    if (const auto section = Find(root, "constraints")) ReadConstraints(*section, false);
    if (const auto section = Find(root, "requires")) ReadConstraints(*section, true);
    if (const auto classes = Find(root, "classes")) ReadClasses(*classes);
    if (const auto blocks = Find(root, "blocks")) ReadBlocks(*blocks);
    return std::move(space_);
  }

 private:
  template <typename... Args>
  [[noreturn]] void Fail(int line, fmt::format_string<Args...> format, Args&&... args) const {
    throw UserError(fmt::format("{}:{}: {}", space_.file, line,
                                fmt::format(format, std::forward<Args>(args)...)));
  }

  toml::table Parse() const {
    try {
      return toml::parse(std::string_view(text_), std::string_view(space_.file));
    } catch (const toml::parse_error& error) {
      const int line = LineOf(error.source());
      const std::string_view what = error.description();
      if (what.find("cannot redefine existing") != std::string_view::npos)
        Fail(line, "{}", DescribeDuplicate(text_, line));
      Fail(line, "{}", what);
    }
  }

  static std::optional<Entry> Find(const toml::table& table, std::string_view name) {
    for (const Entry& entry : Entries(table)) {
      if (entry.name == name) return entry;
    }
    return std::nullopt;
  }

  Entry Need(const toml::table& root, std::string_view name, std::string_view advice) const {
    if (const std::optional<Entry> entry = Find(root, name)) return *entry;
    Fail(1, "'{}' is missing; {}", name, advice);
  }

  const toml::table& Table(const Entry& entry) const {
    const toml::table* table = entry.value->as_table();
    if (table == nullptr) Fail(entry.line, "'{0}' must be a section: [{0}]", entry.name);
    return *table;
  }

  std::int64_t Positive(const toml::node& node, int line, std::string_view what) const {
    const toml::value<std::int64_t>* integer = node.as_integer();
    if (integer == nullptr) Fail(line, "{} must be a whole number", what);
    if (integer->get() <= 0) Fail(line, "{} is {}; it must be above zero", what, integer->get());
    return integer->get();
  }

  std::string Text(const toml::node& node, int line, std::string_view what) const {
    const toml::value<std::string>* text = node.as_string();
    if (text == nullptr || text->get().empty()) Fail(line, "{} must be a text in quotes", what);
    return text->get();
  }

  void ReadKernel(const Entry& entry) {
    space_.kernel = Text(*entry.value, entry.line, "'kernel'");
  }

  void ReadTiles(const Entry& section) {
    for (const Entry& entry : Entries(Table(section))) {
      CheckName(entry, "tile");
      space_.tiles.push_back({entry.name, ReadValues(entry)});
    }
    if (space_.tiles.empty()) Fail(section.line, "[tiles] is empty; there is nothing to tune");
  }

  void ReadStages(const Entry& section) {
    const toml::array* list = section.value->as_array();
    if (list == nullptr || list->empty() || !list->is_homogeneous(toml::node_type::table)) {
      Fail(section.line, "'stage' must be one or more sections: [[stage]]");
    }
    Dims defaults;
    for (const toml::node& node : *list)
      ReadStage(*node.as_table(), LineOf(node.source()), defaults);
    space_.default_config = Config(std::move(defaults));
  }

  void ReadStage(const toml::table& table, int line, Dims& defaults) {
    const auto text = [&](std::string_view key) {
      const std::optional<Entry> entry = Find(table, key);
      if (!entry || table.size() != 2) {
        Fail(line, "a [[stage]] has space = \"<kernel>.toml\" and prefix = \"NAME\"");
      }
      return Text(*entry->value, entry->line, fmt::format("'{}' of a stage", key));
    };
    const std::string prefix = text("prefix");
    const std::filesystem::path path =
        std::filesystem::path(space_.file).parent_path() / text("space");
    const SpaceDefinition stage = LoadSpaceFile(path.string());
    if (!stage.stages.empty()) Fail(line, "{} has stages itself", path.string());
    for (const Tile& tile : stage.tiles) {
      const std::string name = prefix + "_" + tile.name;
      const std::int64_t value = *stage.default_config.Find(tile.name);
      CheckName({name, nullptr, line}, "tile");
      if (std::ranges::count(TileNames(), name) > 0) {
        Fail(line, "two stages have a tile '{}'; give one another prefix", name);
      }
      space_.tiles.push_back({name, {value}, tile.reorders});
      defaults.emplace_back(name, value);
    }
    space_.stages.push_back({stage.kernel, prefix});
  }

  void CheckName(const Entry& entry, std::string_view what) const {
    if (!IsName(entry.name)) {
      Fail(entry.line, "{} '{}' is no name that an expression can use; use letters, digits and _",
           what, entry.name);
    }
    const std::vector<std::string>& facts = MachineFactNames();
    if (std::ranges::count(facts, entry.name) > 0) {
      Fail(entry.line, "{} '{}' has the name of a machine fact; rename it", what, entry.name);
    }
  }

  std::vector<std::int64_t> ReadValues(const Entry& entry) const {
    const toml::array* list = entry.value->as_array();
    if (list == nullptr) {
      Fail(entry.line, "tile '{}' must be a list of whole numbers, such as [1, 2, 4]", entry.name);
    }
    std::vector<std::int64_t> values;
    for (const toml::node& node : *list) {
      const int line = LineOf(node.source());
      const std::int64_t value =
          Positive(node, line, fmt::format("a value of tile '{}'", entry.name));
      if (std::ranges::count(values, value) > 0) {
        Fail(line, "tile '{}' lists {} twice", entry.name, value);
      }
      values.push_back(value);
    }
    if (values.empty()) Fail(entry.line, "tile '{}' has no values", entry.name);
    return values;
  }

  std::vector<std::string> TileNames() const {
    std::vector<std::string> names;
    for (const Tile& tile : space_.tiles) names.push_back(tile.name);
    return names;
  }

  void ReadDefault(const Entry& section) {
    const toml::table& table = Table(section);
    for (const Entry& entry : Entries(table)) {
      if (std::ranges::count(TileNames(), entry.name) == 0) {
        Fail(entry.line, "[default] names '{}', no tile{}", entry.name,
             Suggest(entry.name, TileNames()));
      }
    }
    Dims values;
    for (const Tile& tile : space_.tiles) {
      const std::optional<Entry> entry = Find(table, tile.name);
      if (!entry) Fail(section.line, "[default] lacks '{}'", tile.name);
      values.emplace_back(tile.name, DefaultOf(tile, *entry));
    }
    space_.default_config = Config(std::move(values));
  }

  std::int64_t DefaultOf(const Tile& tile, const Entry& entry) const {
    const std::int64_t value =
        Positive(*entry.value, entry.line, fmt::format("the default of '{}'", tile.name));
    if (std::ranges::count(tile.values, value) == 0) {
      Fail(entry.line, "the default of '{}' is {}, none of its values ({})", tile.name, value,
           fmt::join(tile.values, ", "));
    }
    return value;
  }

  // `unnamed` is what problems without a name are called, with a number; empty: a name is needed.
  std::vector<Problem> ReadProblems(const Entry& section, std::string_view unnamed) {
    const toml::array* list = section.value->as_array();
    if (list == nullptr || list->empty() || !list->is_homogeneous(toml::node_type::table)) {
      Fail(section.line, "'{0}' must be one or more sections: [[{0}]]", section.name);
    }
    std::vector<Problem> problems;
    for (const toml::node& node : *list) {
      const int line = LineOf(node.source());
      Problem problem = ReadProblem(*node.as_table());
      if (problem.name.empty() && unnamed.empty()) {
        Fail(line, "a [[problem]] lacks its name; add name = \"…\"");
      }
      if (problem.name.empty()) problem.name = fmt::format("{}-{}", unnamed, problems.size() + 1);
      CheckNew(problem, problems, line);
      lines_.push_back(line);
      problems.push_back(std::move(problem));
    }
    return problems;
  }

  Problem ReadProblem(const toml::table& table) const {
    Problem problem;
    for (const Entry& entry : Entries(table)) {
      if (entry.name == "name") {
        problem.name = Text(*entry.value, entry.line, "a problem's name");
        continue;
      }
      CheckName(entry, "dimension");
      if (std::ranges::count(TileNames(), entry.name) > 0) {
        Fail(entry.line, "'{}' is a tile and a dimension; rename one", entry.name);
      }
      const std::string what = fmt::format("dimension '{}'", entry.name);
      problem.dims.emplace_back(entry.name, Positive(*entry.value, entry.line, what));
    }
    return problem;
  }

  void CheckNew(const Problem& problem, const std::vector<Problem>& before, int line) const {
    if (problem.dims.empty()) Fail(line, "problem '{}' has no dimensions", problem.name);
    for (const Problem& other : before) {
      if (other.name == problem.name) Fail(line, "two problems are named '{}'", problem.name);
    }
  }

  static std::vector<std::string> NamesOf(const Problem& problem) {
    std::vector<std::string> names;
    for (const auto& [name, value] : problem.dims) names.push_back(name);
    return names;
  }

  // All problems, ragged ones too, have the dimensions of the first, in its order from here on.
  void CheckDimensions() {
    const Problem first = space_.problems.front();
    const std::vector<std::string> expected = NamesOf(first);
    std::size_t i = 0;
    for (std::vector<Problem>* problems : {&space_.problems, &space_.ragged}) {
      for (Problem& problem : *problems) CheckDimensions(problem, first, expected, lines_[i++]);
    }
  }

  void CheckDimensions(Problem& problem, const Problem& first,
                       const std::vector<std::string>& expected, int line) const {
    const std::vector<std::string> names = NamesOf(problem);
    for (const std::string& name : names) {
      if (std::ranges::count(expected, name) > 0) continue;
      Fail(line, "problem '{}' has '{}', a dimension that '{}' lacks{}", problem.name, name,
           first.name, Suggest(name, expected));
    }
    for (const std::string& name : expected) {
      if (std::ranges::count(names, name) > 0) continue;
      Fail(line, "problem '{}' lacks '{}', a dimension that '{}' has", problem.name, name,
           first.name);
    }
    const auto rank = [&](const auto& dim) { return std::ranges::find(expected, dim.first); };
    std::ranges::sort(problem.dims, {}, rank);
  }

  void ReadConstraints(const Entry& section, bool required) {
    std::vector<std::string> known = Known();
    known.insert(known.end(), MachineFactNames().begin(), MachineFactNames().end());
    for (const Entry& entry : Entries(Table(section))) {
      const std::string what = fmt::format("constraint '{}'", entry.name);
      space_.constraints.push_back({entry.name,
                                    ReadExpression(*entry.value, entry.line, what, known),
                                    entry.line, required});
    }
  }

  // Tiles and dimensions.
  std::vector<std::string> Known() const {
    std::vector<std::string> known = TileNames();
    for (const std::string& name : NamesOf(space_.problems.front())) known.push_back(name);
    return known;
  }

  Expression ReadExpression(const toml::node& node, int line, const std::string& what,
                            const std::vector<std::string>& known) const {
    const std::string text = Text(node, line, what);
    Expression expression;
    try {
      expression = Expression::Parse(text);
    } catch (const UserError& error) {
      Fail(line, "{}: {}", what, error.what());
    }
    for (const std::string& name : expression.names()) {
      if (std::ranges::count(known, name) > 0) continue;
      Fail(line, "{}: unknown name '{}'{}", what, name, Suggest(name, known));
    }
    return expression;
  }

  void ReadClasses(const Entry& section) {
    for (const Entry& entry : Entries(Table(section))) {
      const toml::array* list = entry.value->as_array();
      if (entry.name != "R" || list == nullptr) {
        Fail(entry.line, "[classes] holds R = [tiles that change the order of a sum], not '{}'",
             entry.name);
      }
      for (const toml::node& node : *list) {
        const std::string name = Text(node, entry.line, "a tile of class R");
        const auto tile = std::ranges::find(space_.tiles, name, &Tile::name);
        if (tile == space_.tiles.end()) {
          Fail(entry.line, "[classes] names '{}', no tile{}", name, Suggest(name, TileNames()));
        }
        tile->reorders = true;
      }
    }
  }

  void ReadBlocks(const Entry& section) {
    const std::vector<std::string> dims = NamesOf(space_.problems.front());
    for (const Entry& entry : Entries(Table(section))) {
      if (std::ranges::count(dims, entry.name) == 0) {
        Fail(entry.line, "[blocks] names '{}', no dimension{}", entry.name,
             Suggest(entry.name, dims));
      }
      const toml::array* list = entry.value->as_array();
      if (list == nullptr || list->empty()) {
        Fail(entry.line, "blocks of '{}' must be a list of expressions, such as [\"{}\"]",
             entry.name, space_.tiles.front().name);
      }
      for (const toml::node& node : *list) space_.blocks[entry.name].push_back(Block(node, entry));
    }
  }

  Expression Block(const toml::node& node, const Entry& entry) const {
    const int line = LineOf(node.source());
    const std::string what = fmt::format("a block of '{}'", entry.name);
    Expression expression = ReadExpression(node, line, what, Known());
    const std::vector<std::string> tiles = TileNames();
    const auto is_tile = [&](const std::string& name) {
      return std::ranges::count(tiles, name) > 0;
    };
    if (std::ranges::none_of(expression.names(), is_tile)) {
      Fail(line, "{}: {} uses no tile", what, expression.ToString());
    }
    return expression;
  }

  std::string text_;
  SpaceDefinition space_;
  std::vector<int> lines_;  // of problems, then of ragged ones
};

}  // namespace

SpaceDefinition LoadSpaceFile(const std::string& path) { return SpaceFile(path).Load(); }

}  // namespace tilesmith
