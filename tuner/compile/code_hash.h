// Which machine code a variant is, so that configs that compile to the same are timed once: a tile
// clamped by min(T_TILE, 8) makes many such.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tilesmith {

/// Digest of all that an ELF64 shared object brings into memory except its notes: code, constants,
/// relocations, imported names. Build-ids, file paths, debug information and the names of local
/// symbols are not among it (but under -g, clang writes file names into the constants of parallel
/// regions). Equal digests mean equal behaviour; different ones may still mean equal code laid out
/// differently. Empty when `elf` is no whole ELF64 file.
std::optional<std::string> CodeHash(std::string_view elf);

}  // namespace tilesmith
