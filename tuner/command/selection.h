// From the names people type to kernels, problems and configs; whatever is misspelt is answered
// with the name that was probably meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "results/config.h"
#include "results/records.h"
#include "tuner/kernel.h"
#include "tuner/space/space.h"

namespace tilesmith {

/// Shell-style match of a whole name: `*` any run of characters, `?` any one.
bool MatchesGlob(std::string_view pattern, std::string_view name);

/// Kernels by name or glob ("hc_*"); "all" is every one. Each once, by name. Throws UserError for a
/// name that is no kernel's and for a glob that matches none.
std::vector<const KernelSpec*> SelectKernels(const std::vector<std::string>& patterns);

/// The kernel's search space, from `file` when given instead of its own. Throws UserError when the
/// file is another kernel's or speaks of dimensions the kernel does not have.
SpaceDefinition LoadSpace(const KernelSpec& kernel, const std::string& file = "");

/// One question a sweep or a verification answers: a kernel with the problems asked for.
struct Question {
  const KernelSpec* kernel = nullptr;
  SpaceDefinition space;
  std::vector<Problem> problems;
};

/// Problems of the space by name or glob, in its order; no names: all of them. Throws UserError for
/// a name that matches none.
std::vector<Problem> SelectProblems(const SpaceDefinition& space,
                                    const std::vector<std::string>& names);

/// The kernels' problems by name or glob; no names: all of them. Kernels without any of those
/// problems are left out, but a name that no kernel knows throws UserError.
std::vector<Question> SelectQuestions(const std::vector<const KernelSpec*>& kernels,
                                      const std::vector<std::string>& problems,
                                      const std::string& space_file = "");

/// "T_TILE=4" with the tiles it does not name taken from the default, in the space's order. Throws
/// UserError for a tile the space does not have. Values need not be among the space's.
Config CompleteConfig(const SpaceDefinition& space, std::string_view text);

}  // namespace tilesmith
