// A generated header read back, as leniently as its purpose allows: to say what differs between a
// committed one and a new one, whoever reformatted or edited it.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace tilesmith {

/// What CheckHeader compares: the tiles of every problem, what is said of them, and the rest as
/// text.
struct HeaderText {
  /// An `inline constexpr Tiles`, on one line or several.
  struct Constant {
    std::string problem;  // "decode-flash"; the identifier where the text does not tell
    std::map<std::string, std::string> tiles;  // {"T_TILE", "4"}
    std::string evidence;                      // the comment above it, on one line
  };
  /// A namespace. `code` makes changes of sizes, constraints and lookup visible without parsing
  /// them.
  struct Kernel {
    std::map<std::string, Constant> constants;  // by identifier, kDefault among them
    std::string code;  // everything that is neither a comment, blank nor a Tiles constant
  };
  std::map<std::string, Kernel> kernels;  // by namespace, without "tuned::"
};

/// Never fails: what is not recognised is not there.
HeaderText ReadHeaderText(std::string_view text);

}  // namespace tilesmith
