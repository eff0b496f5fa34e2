// One kernel's namespace of the generated header.
#pragma once

#include <string>

#include "reports/header_layout.h"

namespace tilesmith {

/// "namespace tuned::hc_post { … }". Throws UserError when a tile or dimension is no C++
/// identifier, or an entry does not have exactly the space's tiles and dimensions.
std::string RenderKernel(const KernelLayout& kernel);

}  // namespace tilesmith
