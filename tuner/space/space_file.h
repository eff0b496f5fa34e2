// Reads a search space from TOML. Every mistake is one UserError "file:line: what, and what to do".
//
//   kernel = "hc_post"
//   [tiles]
//   T_TILE = [1, 2, 4, 8]                     # whole numbers above zero
//   [default]                                 # mandatory: every speed-up is quoted against it
//   T_TILE = 4
//   [constraints]                             # optional: "name in words" = "expression"
//   "working set fits L2" = "T_TILE * D <= l2_bytes"
//   [requires]                                # optional: as [constraints], but what correctness
//   "even" = "D_TILE % 2 == 0"                # needs, not what speed suggests
//   [classes]                                 # optional: the tiles that change the order of a
//   R = ["K_TILE"]                            # sum; all others promise the same bits
//   [blocks]                                  # optional: what cuts a dimension into blocks; the
//   T = ["T_TILE"]                            # gate tries sizes around them
//   [[stage]]                                 # of a composition, instead of [tiles]: the kernel of
//   space = "rms_norm.toml"                   # this file, beside this one, whose tiles are tuned on
//   prefix = "NORM"                           # their own and are called NORM_D_TILE, … here
//   [[problem]]                               # at least one
//   name = "decode-flash"
//   T = 8
//   D = 4096
//   [[ragged]]                                # at least one: sizes that no tile divides; verified,
//   T = 13                                    # not timed; named ragged-1, … unless it has a name
//   D = 99
#pragma once

#include <string>

#include "tuner/space/space.h"

namespace tilesmith {

/// Reads and checks the file on its own: syntax, unknown keys (nearest suggested), duplicate tiles,
/// empty ranges, defaults outside their values, unknown names in expressions, problems without a
/// dimension that another has, missing sections.
SpaceDefinition LoadSpaceFile(const std::string& path);

}  // namespace tilesmith
