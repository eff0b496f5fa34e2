// Tiles bound to each other by constraints, and all their valid combinations: one factor of a
// search space.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tuner/space/compiled_expression.h"
#include "tuner/space/space.h"

namespace tilesmith {

/// Positions of values in their tiles' lists, one per tile of a group.
using Digits = std::vector<std::uint16_t>;

class TileGroup {
 public:
  /// A constraint whose slots are the group's tiles, tested once its last tile is bound.
  struct Rule {
    CompiledExpression program;
    std::string label;           // "file:line: constraint 'name' (expression)", for messages
    std::size_t last_tile = 0;   // position within the group
    std::size_t constraint = 0;  // position in the definition
    std::uint64_t rejected = 0;  // partial combinations it was the first to reject
  };

  /// Lists the valid combinations in lexicographic order. `tiles` are positions in `all`,
  /// ascending; rules are tested in their order. Throws UserError when there are too many, or when
  /// a rule cannot be evaluated, with the values it failed on.
  TileGroup(const std::vector<Tile>& all, std::vector<std::size_t> tiles, std::vector<Rule> rules);

  const std::vector<std::size_t>& tiles() const { return tiles_; }
  const std::vector<Rule>& rules() const { return rules_; }
  std::uint64_t Count() const { return rows_.size() / tiles_.size(); }
  /// The combination of an index < Count().
  std::span<const std::uint16_t> Row(std::uint64_t index) const;
  /// Inverse of Row; nullopt for a combination that is not valid.
  std::optional<std::uint64_t> Find(const Digits& digits) const;

 private:
  void Enumerate(const std::vector<Tile>& all);
  void Extend(std::size_t depth);
  bool Passes(std::size_t depth);
  void Append();
  std::string Bound(std::size_t depth) const;

  std::vector<std::size_t> tiles_;
  std::vector<Rule> rules_;
  Digits rows_;  // Count() combinations, one after another

  // Only while enumerating.
  std::vector<const Tile*> members_;
  std::vector<std::vector<Rule*>> rules_at_;  // by last_tile
  std::vector<Number> values_;
  Digits current_;
};

}  // namespace tilesmith
