#include "reports/header_layout.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "reports/cpp_text.h"

namespace tilesmith {
namespace {

bool Before(const HeaderEntry* a, const HeaderEntry* b) {
  const auto key = [](const HeaderEntry* entry) {
    return std::tie(entry->duel.problem.name, entry->duel.problem.dims, entry->duel.chosen);
  };
  return key(a) < key(b);
}

KernelLayout LayOutKernel(const HeaderKernel& kernel, std::string name_space) {
  std::vector<const HeaderEntry*> sorted;
  for (const HeaderEntry& entry : kernel.entries) sorted.push_back(&entry);
  std::stable_sort(sorted.begin(), sorted.end(), Before);
  KernelLayout layout{.space = &kernel.space, .name_space = std::move(name_space), .entries = {}};
  NameScope constants({"kDefault", "kEntries"});
  for (const HeaderEntry* entry : sorted) {
    layout.entries.push_back({entry, constants.Claim(ConstantName(entry->duel.problem.name))});
  }
  return layout;
}

}  // namespace

std::vector<KernelLayout> LayOut(const std::vector<HeaderKernel>& kernels) {
  std::vector<const HeaderKernel*> sorted;
  for (const HeaderKernel& kernel : kernels) sorted.push_back(&kernel);
  std::stable_sort(sorted.begin(), sorted.end(), [](const HeaderKernel* a, const HeaderKernel* b) {
    return a->space.kernel < b->space.kernel;
  });
  NameScope namespaces({"detail", "Match"});
  std::vector<KernelLayout> layouts;
  for (const HeaderKernel* kernel : sorted) {
    layouts.push_back(LayOutKernel(*kernel, namespaces.Claim(NamespaceName(kernel->space.kernel))));
  }
  return layouts;
}

}  // namespace tilesmith
