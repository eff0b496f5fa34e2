#include "tuner/space/bound_space.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "results/error.h"
#include "results/suggest.h"

namespace tilesmith {
namespace {

std::string Place(const std::string& file, int line = 0) {
  if (file.empty()) return "";
  return line > 0 ? fmt::format("{}:{}: ", file, line) : file + ": ";
}

std::optional<std::uint16_t> PositionOf(const Tile& tile, std::int64_t value) {
  const auto found = std::find(tile.values.begin(), tile.values.end(), value);
  if (found == tile.values.end()) return std::nullopt;
  return static_cast<std::uint16_t>(found - tile.values.begin());
}

// Which tiles hang together: tiles of one constraint are joined, the rest follows.
class Partition {
 public:
  explicit Partition(std::size_t size) : parent_(size) {
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
  }
  std::size_t Root(std::size_t i) const {
    while (parent_[i] != i) i = parent_[i];
    return i;
  }
  // The lower root stays, so a group is known by its first tile.
  void Join(std::size_t a, std::size_t b) {
    a = Root(a);
    b = Root(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<std::size_t> parent_;
};

}  // namespace

BoundSpace::BoundSpace(const SpaceDefinition& definition, const Problem& problem,
                       const MachineFacts& facts)
    : file_(definition.file),
      problem_(problem.name),
      tiles_(definition.tiles),
      constraints_(definition.constraints) {
  Bind(problem.dims, facts);
  const std::vector<std::vector<std::size_t>> uses = FindUses();
  for (std::size_t i = 0; i < uses.size(); ++i) {
    if (uses[i].empty()) CheckOnce(constraints_[i]);
  }
  MakeGroups(uses);
  ComputeStrides();
  if (!definition.default_config.empty()) CheckDefault(definition.default_config);
}

void BoundSpace::Bind(const Dims& dims, const MachineFacts& facts) {
  for (const auto& [name, value] : facts) constants_[name] = value;
  for (const auto& [name, value] : dims) constants_[name] = value;
  for (const Tile& tile : tiles_) {
    if (constants_.contains(tile.name)) {
      throw UserError(fmt::format("{}'{}' is a tile and a dimension or machine fact; rename one",
                                  Place(file_), tile.name));
    }
  }
  for (const Tile& tile : tiles_) {
    if (tile.values.size() == 1) constants_[tile.name] = tile.values.front();
  }
}

// By constraint, the tiles it uses that are free to vary, ascending.
std::vector<std::vector<std::size_t>> BoundSpace::FindUses() const {
  std::vector<std::vector<std::size_t>> uses;
  for (const Constraint& constraint : constraints_) {
    uses.emplace_back();
    for (const std::string& name : constraint.expression.names()) {
      if (!constants_.contains(name)) uses.back().push_back(TileNamed(constraint, name));
    }
    std::sort(uses.back().begin(), uses.back().end());
  }
  return uses;
}

std::size_t BoundSpace::TileNamed(const Constraint& constraint, const std::string& name) const {
  std::vector<std::string> known;
  for (std::size_t i = 0; i < tiles_.size(); ++i) {
    if (tiles_[i].name == name) return i;
    known.push_back(tiles_[i].name);
  }
  for (const auto& [constant, value] : constants_) known.push_back(constant);
  throw UserError(fmt::format("{}: '{}' is no tile, dimension or machine fact{}", Label(constraint),
                              name, Suggest(name, known)));
}

void BoundSpace::CheckOnce(const Constraint& constraint) const {
  const std::string violation = Violation(constraint, Config());
  if (violation.empty()) return;
  throw UserError(fmt::format("{}no config is valid on problem {}: whatever the tiles, it {}",
                              Place(file_, constraint.line), problem_, violation));
}

void BoundSpace::MakeGroups(const std::vector<std::vector<std::size_t>>& uses) {
  Partition partition(tiles_.size());
  for (const std::vector<std::size_t>& used : uses) {
    for (const std::size_t tile : used) partition.Join(used.front(), tile);
  }
  for (std::size_t first = 0; first < tiles_.size(); ++first) {
    if (partition.Root(first) != first) continue;
    std::vector<std::size_t> members;
    for (std::size_t tile = first; tile < tiles_.size(); ++tile) {
      if (partition.Root(tile) == first) members.push_back(tile);
    }
    groups_.push_back(MakeGroup(std::move(members), uses));
    if (groups_.back().Count() == 0) FailEmpty(groups_.back());
  }
}

TileGroup BoundSpace::MakeGroup(std::vector<std::size_t> members,
                                const std::vector<std::vector<std::size_t>>& uses) const {
  std::vector<std::string> slots;
  for (const std::size_t tile : members) slots.push_back(tiles_[tile].name);
  std::vector<TileGroup::Rule> rules;
  for (std::size_t i = 0; i < uses.size(); ++i) {
    if (uses[i].empty() || !std::ranges::binary_search(members, uses[i].front())) continue;
    const auto last = std::ranges::lower_bound(members, uses[i].back()) - members.begin();
    rules.push_back({Compile(constraints_[i], slots), Label(constraints_[i]),
                     static_cast<std::size_t>(last), i, 0});
  }
  return TileGroup(tiles_, std::move(members), std::move(rules));
}

CompiledExpression BoundSpace::Compile(const Constraint& constraint,
                                       const std::vector<std::string>& slots) const {
  try {
    return CompiledExpression(constraint.expression, slots, constants_);
  } catch (const UserError& error) {
    throw UserError(fmt::format("{}: {}", Label(constraint), error.what()));
  }
}

// The constraint that was tested last rejected whatever the others had left.
void BoundSpace::FailEmpty(const TileGroup& group) const {
  const TileGroup::Rule* culprit = nullptr;
  for (const TileGroup::Rule& rule : group.rules()) {
    if (rule.rejected == 0) continue;
    const auto key = [](const TileGroup::Rule& r) { return std::pair(r.last_tile, r.rejected); };
    if (culprit == nullptr || key(*culprit) < key(rule)) culprit = &rule;
  }
  if (culprit == nullptr) {
    throw UserError(Place(file_) + "no config is valid: a tile has no values");
  }
  throw UserError(fmt::format(
      "{} rejects the last {} partial configs, so no config is valid on problem {}; relax it or "
      "give tiles more values",
      culprit->label, culprit->rejected, problem_));
}

void BoundSpace::ComputeStrides() {
  strides_.resize(groups_.size());
  for (std::size_t i = groups_.size(); i-- > 0;) {
    strides_[i] = count_;
    if (__builtin_mul_overflow(count_, groups_[i].Count(), &count_)) {
      throw UserError(Place(file_) + "more than 2^64 valid configs; give fewer values");
    }
  }
}

void BoundSpace::CheckDefault(const Config& config) const {
  const std::string mistake = TileMistake(config);
  if (!mistake.empty()) {
    throw UserError(fmt::format("{}default {}: {}; change [default] or [tiles]", Place(file_),
                                config.ToString(), mistake));
  }
  for (const Constraint& constraint : constraints_) {
    const std::string violation = Violation(constraint, config);
    if (violation.empty()) continue;
    throw UserError(fmt::format("{}default {} {} on problem {}; change [default] or the constraint",
                                Place(file_, constraint.line), config.ToString(), violation,
                                problem_));
  }
}

std::optional<std::uint64_t> BoundSpace::IndexOf(const Config& config) const {
  if (!TileMistake(config).empty()) return std::nullopt;
  std::uint64_t index = 0;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    Digits row;
    for (const std::size_t tile : groups_[g].tiles()) {
      row.push_back(*PositionOf(tiles_[tile], *config.Find(tiles_[tile].name)));
    }
    const std::optional<std::uint64_t> place = groups_[g].Find(row);
    if (!place) return std::nullopt;
    index += *place * strides_[g];
  }
  return index;
}

std::string BoundSpace::Explain(const Config& config) const {
  const std::string mistake = TileMistake(config);
  if (!mistake.empty()) return mistake;
  for (const Constraint& constraint : constraints_) {
    const std::string violation = Violation(constraint, config);
    if (!violation.empty()) return violation;
  }
  return "";
}

std::string BoundSpace::TileMistake(const Config& config) const {
  std::vector<std::string> known;
  for (const Tile& tile : tiles_) known.push_back(tile.name);
  for (const auto& [name, value] : config.tiles()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return fmt::format("there is no tile '{}'{}", name, Suggest(name, known));
  }
  for (const Tile& tile : tiles_) {
    const std::int64_t* value = config.Find(tile.name);
    if (value == nullptr) return fmt::format("{} is missing", tile.name);
    if (PositionOf(tile, *value)) continue;
    return fmt::format("{} has no value {} (values: {})", tile.name, *value,
                       fmt::join(tile.values, ", "));
  }
  return "";
}

// "violates 'name' (expression; A=1, B=2)", or "" when the config satisfies it.
std::string BoundSpace::Violation(const Constraint& constraint, const Config& config) const {
  std::map<std::string, Value> bindings(constants_.begin(), constants_.end());
  for (const auto& [tile, value] : config.tiles()) bindings[tile] = value;
  try {
    if (Truth(constraint.expression.Evaluate(bindings))) return "";
  } catch (const UserError& error) {
    throw UserError(fmt::format("{}constraint '{}': {}", Place(file_, constraint.line),
                                constraint.name, error.what()));
  }
  std::string used;
  for (const std::string& name : constraint.expression.names()) {
    used += fmt::format("{}{}={}", used.empty() ? "; " : ", ", name, ToString(bindings.at(name)));
  }
  return fmt::format("violates '{}' ({}{})", constraint.name, constraint.expression.ToString(),
                     used);
}

std::string BoundSpace::Label(const Constraint& constraint) const {
  return fmt::format("{}constraint '{}' ({})", Place(file_, constraint.line), constraint.name,
                     constraint.expression.ToString());
}

}  // namespace tilesmith
