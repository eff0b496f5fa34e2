// A Config is one point of a search space: tile names with their values, in the space's order.
//
// Its canonical string, "T_TILE=4,D_TILE=512", is what people type, what the store keys by and what
// reports print; Parse(ToString()) is the identity.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tilesmith {

/// Sizes by dimension name, in the order the space file declares them: {{"T", 8}, {"D", 4096}}.
using Dims = std::vector<std::pair<std::string, std::int64_t>>;

/// "T=8,D=4096"; the form used in messages, keys and the store.
std::string ToString(const Dims& dims);

class Config {
 public:
  Config() = default;
  explicit Config(Dims tiles) : tiles_(std::move(tiles)) {}

  /// Reads "T_TILE=4,D_TILE=512" (blanks around names and values allowed).
  /// Throws UserError on anything else, and on a tile named twice.
  static Config Parse(std::string_view text);

  const Dims& tiles() const { return tiles_; }
  bool empty() const { return tiles_.empty(); }

  /// The value of a tile; nullptr when the config has no such tile.
  const std::int64_t* Find(std::string_view tile) const;

  /// The canonical string.
  std::string ToString() const { return tilesmith::ToString(tiles_); }

  friend bool operator==(const Config&, const Config&) = default;
  friend auto operator<=>(const Config&, const Config&) = default;

 private:
  Dims tiles_;
};

}  // namespace tilesmith
