// A definition bound to one problem and one machine: names resolved, groups listed, default
// checked. What SearchSpace reads; built once, never changed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tuner/space/space.h"
#include "tuner/space/tile_group.h"

namespace tilesmith {

class BoundSpace {
 public:
  /// Throws UserError as SearchSpace's constructor.
  BoundSpace(const SpaceDefinition& definition, const Problem& problem, const MachineFacts& facts);

  const std::vector<Tile>& tiles() const { return tiles_; }
  const std::vector<Constraint>& constraints() const { return constraints_; }
  /// By first tile; every tile is in exactly one.
  const std::vector<TileGroup>& groups() const { return groups_; }
  /// How many configs apart two neighbours in a group's list are.
  std::uint64_t Stride(std::size_t group) const { return strides_[group]; }
  std::uint64_t Count() const { return count_; }

  std::optional<std::uint64_t> IndexOf(const Config& config) const;
  /// As SearchSpace::Explain.
  std::string Explain(const Config& config) const;

 private:
  void Bind(const Dims& dims, const MachineFacts& facts);
  std::vector<std::vector<std::size_t>> FindUses() const;
  void MakeGroups(const std::vector<std::vector<std::size_t>>& uses);
  std::size_t TileNamed(const Constraint& constraint, const std::string& name) const;
  void CheckOnce(const Constraint& constraint) const;
  TileGroup MakeGroup(std::vector<std::size_t> members,
                      const std::vector<std::vector<std::size_t>>& uses) const;
  CompiledExpression Compile(const Constraint& constraint,
                             const std::vector<std::string>& slots) const;
  [[noreturn]] void FailEmpty(const TileGroup& group) const;
  void ComputeStrides();
  void CheckDefault(const Config& config) const;
  std::string TileMistake(const Config& config) const;
  std::string Violation(const Constraint& constraint, const Config& config) const;
  std::string Label(const Constraint& constraint) const;

  std::string file_;
  std::string problem_;
  std::vector<Tile> tiles_;
  std::vector<Constraint> constraints_;
  // Dimensions, facts, and tiles that have but one value, which so join no groups.
  std::map<std::string, std::int64_t> constants_;
  std::vector<TileGroup> groups_;
  std::vector<std::uint64_t> strides_;
  std::uint64_t count_ = 1;
};

}  // namespace tilesmith
