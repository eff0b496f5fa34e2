// Which names and which order kernels and problems get in the generated header.
#pragma once

#include <string>
#include <vector>

#include "reports/generated_header.h"

namespace tilesmith {

/// A kernel as the header names it. Points into the HeaderKernel, which must outlive it.
struct KernelLayout {
  /// A tuned problem and its identifier, which is unique in the namespace: the first of two
  /// problems with the same one, in order, gets it, the second a number behind it.
  struct Entry {
    const HeaderEntry* evidence = nullptr;
    std::string constant;  // "kDecodeFlash"
  };
  const SpaceRecord* space = nullptr;
  std::string name_space;      // without "tuned::"
  std::vector<Entry> entries;  // in the order of kEntries
};

/// Kernels by name, entries by problem name and sizes, whatever order they come in. Different names
/// get different identifiers.
std::vector<KernelLayout> LayOut(const std::vector<HeaderKernel>& kernels);

}  // namespace tilesmith
