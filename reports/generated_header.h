// The product of a sweep: a C++ header that carries the winners and needs nothing of tilesmith.
//
// Include-free, macro-free, deterministic bytes (no timestamps, ordered by name), stable under the
// project's clang-format. Per kernel a namespace tuned::<kernel> with
//   struct Tiles         one int per tile, in the space's order, structural
//   struct Shape         one long per dimension
//   Legal(tiles, shape)  the constraints, with the machine facts they were evaluated with
//   kDefault, k<Problem> inline constexpr Tiles, the evidence in a comment above each
//   kEntries             the tuned problems: name, shape, tiles; a static_assert for each that the
//                        constraints allow it
//   enum class Match     { exact, nearest, fallback, none }, the same in all kernels
//   Find(shape)          which entry, and how well it matches
//   Dispatch(shape, f)   calls f.template operator()<kTiles>() of the exact problem, else of the
//                        nearest legal one by per-dimension log distance, else of the default where
//                        that is right; returns the Match. Exact and nearest obey every constraint,
//                        the fallback those of [requires] (Right(tiles, shape)): the gate proves
//                        the default on sizes that no tile divides. With none nothing was called.
// The distance is the sum over dimensions of |log2(a / b)| in fixed point; the first problem by
// name wins a tie. Sizes below 1 are legal to ask for and count as 1.
#pragma once

#include <string>
#include <vector>

#include "results/records.h"
#include "results/store.h"

namespace tilesmith {

/// One tuned problem of a kernel.
struct HeaderEntry {
  Duel duel;  // chosen config, verdict, evidence
  Provenance provenance;
  MachineRecord machine;
};

struct HeaderKernel {
  SpaceRecord space;
  std::vector<HeaderEntry> entries;  // by problem name
};

/// Reads what the header shall carry: the newest selections of every kernel, stale ones left out
/// and listed in `left_out` ("hc_post decode-pro: the kernel source changed").
struct HeaderContents {
  std::vector<HeaderKernel> kernels;  // by name
  std::vector<std::string> left_out;
};

/// Of several thread counts or sizes under one problem name the newest duel speaks. A kernel whose
/// entries were all left out stays, with its default, so that products still build.
/// `machine`: fingerprint to take results of; empty takes the machine of the newest duel.
HeaderContents CollectHeader(const ResultStore& store, const std::string& machine = "");

/// The header's text: the same for the same records in any order, and what clang-format with this
/// project's style leaves as it is. A kernel without entries gets its default and no table. Throws
/// UserError when a record cannot be said in C++ (an entry of other tiles than the space's, a tile
/// that is no identifier).
std::string GenerateHeader(const std::vector<HeaderKernel>& kernels);

/// Compares a committed header with what the database would produce now: empty when it is the same
/// and nothing was left out, else `left_out` and one line per difference
/// ("hc_post decode-pro: committed T_TILE=4, database says T_TILE=2 (win 1.21x)"). A committed text
/// that was reformatted or edited by hand still gets lines that name kernel and problem.
std::vector<std::string> CheckHeader(const HeaderContents& contents, const std::string& committed);

/// Writes by temporary file and rename, so that a full disk or a kill leaves the old one whole,
/// with its permissions; a symbolic link stays one. Throws UserError naming the file.
void WriteFileAtomically(const std::string& path, const std::string& text);

}  // namespace tilesmith
