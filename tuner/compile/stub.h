// The source of a variant: the kernel's header, the config as one structural value, and the three
// entry points of tuner/abi.h. It names no standard header, because <vector> costs more than the
// kernel.
#pragma once

#include <string>

#include "results/config.h"
#include "tuner/kernel.h"

namespace tilesmith {

/// The #include lines: the kernel's header by absolute path, and tuner/abi.h from the include root.
/// Throws UserError when C++ has no way to write the header's path.
std::string StubIncludes(const KernelSpec& kernel);

/// The rest. Names of the registration and the tiles go in as they stand; a name that is no C++
/// name is the compiler's to report. Throws UserError when a value does not fit an int.
std::string StubBody(const KernelSpec& kernel, const Config& config);

}  // namespace tilesmith
