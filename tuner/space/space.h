// A search space: which values each tile may take, and which combinations make sense.
//
// SpaceDefinition is what a space file says. SearchSpace is that definition for one problem on one
// machine: finite, counted, indexable both ways and samplable without listing the Cartesian
// product.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "results/config.h"
#include "results/records.h"
#include "tuner/space/expression.h"

namespace tilesmith {

/// A tunable parameter: its name, and its values in the order they are tried and stepped through.
struct Tile {
  std::string name;
  std::vector<std::int64_t> values;
  /// Class R: the tile changes the order of a floating-point sum, so configs that differ in it agree
  /// within the comparator only. All other tiles are of class E: any value gives the same bits.
  bool reorders = false;
};

/// A named rule. [constraints] prune: they say which configs are worth a try. [requires] say what
/// the kernel's correctness needs: sizes that violate one are given to it neither by the gate nor
/// by the generated header. Few kernels need any: clip the last block instead.
struct Constraint {
  std::string name;
  Expression expression;
  int line = 0;           // of the space file; 0 when not from a file
  bool required = false;  // from [requires]
};

/// A kernel that a composition runs as one of its stages. Its tiles are tiles of the composition
/// under "<prefix>_<tile>", with its default's values only: a stage is tuned on its own, and what
/// that chose is held against the default end to end (tuner/sweep/stages.h).
struct Stage {
  std::string kernel;
  std::string prefix;
};

/// What a space file holds (tuner/space/space_file.h).
struct SpaceDefinition {
  std::string kernel;
  std::string file;  // where it was read from, for messages; may be empty
  std::vector<Tile> tiles;
  Config default_config;  // in the tiles' order
  std::vector<Constraint> constraints;
  std::vector<Problem> problems;
  std::vector<Problem> ragged;  // named "ragged-1", … unless the file names them
  /// Which expressions over tiles cut a dimension into blocks; the gate tries sizes around them.
  std::map<std::string, std::vector<Expression>> blocks;
  std::vector<Stage> stages;  // of a composition

  /// nullptr when there is none.
  const Problem* FindProblem(std::string_view name) const;
  /// Throws UserError with the nearest name.
  const Problem& GetProblem(std::string_view name) const;
  /// Digest (hex) of what decides a trial's truth: tile names, ragged problems, blocks. Adding a
  /// value, a constraint or a problem does not invalidate what was measured; nor do the names of
  /// ragged ones.
  std::string TruthHash() const;
};

/// Values of machine facts by name: l1d_bytes, l2_bytes, llc_bytes, vector_bytes, cores.
using MachineFacts = Dims;
/// Those names: what a constraint may use besides tiles and dimensions.
const std::vector<std::string>& MachineFactNames();

/// The valid configs of one problem on one machine. Owns what it needs: the definition may go.
/// Reading is thread-safe.
///
/// Tiles that share a constraint, directly or through others, form a group; the space is the
/// product of its groups. Only a group's valid combinations are listed (2 bytes per tile each), so
/// that the size and any config of a space of 1e11 points are there in milliseconds.
class SearchSpace {
 public:
  /// Throws UserError when no config is valid (naming the constraint that rejected the last), when
  /// the default violates a constraint (naming it and its line), when an expression uses an unknown
  /// name or cannot be evaluated, and when the space is too large: a group of 1e8 valid
  /// combinations, a tile of 65,536 values, or 2^64 configs. A definition may do without default,
  /// e.g. a recorded run.
  SearchSpace(const SpaceDefinition& definition, const Problem& problem, const MachineFacts& facts);
  ~SearchSpace();
  SearchSpace(SearchSpace&&) noexcept;
  SearchSpace& operator=(SearchSpace&&) noexcept;

  const std::vector<Tile>& tiles() const;
  /// Product of the numbers of values (a double: spaces of 1e11 are common).
  double Cartesian() const;
  /// Number of valid configs.
  std::uint64_t Count() const;
  /// The valid config of an index < Count(). Groups are ordered by their first tile, the last group
  /// fastest; within a group the order is the declared one, last tile fastest.
  Config At(std::uint64_t index) const;
  /// Inverse of At, whatever the order of the config's tiles; nullopt for one that is not in the
  /// space.
  std::optional<std::uint64_t> IndexOf(const Config& config) const;
  /// The default's index; 0 when the definition has none.
  std::uint64_t DefaultIndex() const;
  /// Uniform over the valid configs; the same on every platform.
  std::uint64_t Sample(std::mt19937_64& random) const;
  /// Valid configs that differ from `index` in exactly one tile; adjacent_only: by one step of it.
  /// Ordered by tile and value.
  std::vector<std::uint64_t> Neighbours(std::uint64_t index, bool adjacent_only = false) const;
  /// Per constraint, in declared order: how many partial configs it was the first to reject. A
  /// constraint is tested as soon as its last tile is bound, so an early one stands for many whole
  /// configs; one without free tiles is tested once and rejects none.
  std::vector<std::pair<std::string, std::uint64_t>> PruneCounts() const;
  /// Why a config is not in the space: "T_TILE has no value 3 (values: 1, 2, 4)" or "violates
  /// 'working set fits L2' (T_TILE * D <= l2_bytes; T_TILE=8, D=4096, l2_bytes=16384)". Empty when
  /// it is.
  std::string Explain(const Config& config) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tilesmith
