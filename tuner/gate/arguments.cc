#include "tuner/gate/arguments.h"

#include <algorithm>

#include <fmt/format.h>

#include "results/error.h"

namespace tilesmith {

Arguments::Arguments(const KernelSpec& kernel, const Dims& dims, const std::vector<double>& scalars)
    : kernel_(&kernel), args_(kernel.make_args()) {
  for (const Dimension& dim : kernel.dims) {
    const auto found =
        std::find_if(dims.begin(), dims.end(), [&](const auto& d) { return d.first == dim.name; });
    if (found == dims.end()) {
      throw UserError(
          fmt::format("{}: a problem ({}) has no dimension '{}', which kernel '{}' needs",
                      kernel.space_file, ToString(dims), dim.name, kernel.name));
    }
    dim.bind(args_.get(), found->second);
  }
  TILESMITH_CHECK(scalars.size() == kernel.scalars.size());
  for (std::size_t i = 0; i < scalars.size(); ++i) kernel.scalars[i].bind(args_.get(), scalars[i]);
}

}  // namespace tilesmith
