// Turns configs into shared objects: a short stub per config, compiled on all cores, kept in a
// content-addressed cache that remembers failures too.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "results/config.h"
#include "tuner/compile/cache.h"
#include "tuner/compile/source.h"
#include "tuner/compile/toolchain.h"
#include "tuner/kernel.h"

namespace tilesmith {

struct CompilerOptions {
  std::string compiler;               // empty: $CXX, else g++, c++, clang++ as found in PATH
  std::vector<std::string> cxxflags;  // appended to the defaults
  std::string launcher;      // "ccache", "distcc --flag"; empty: $TILESMITH_COMPILER_LAUNCHER
  std::string cache_folder;  // empty: $XDG_CACHE_HOME/tilesmith, else ~/.cache/tilesmith
  double limit_s = 60;       // per variant
  int jobs = 0;              // 0: all cores of this process
};

/// What became of one config.
struct Compiled {
  enum class Outcome { kOk, kFailed, kTimedOut };
  Outcome outcome = Outcome::kOk;
  std::string library;    // absolute path of the shared object; empty unless kOk
  std::string message;    // the compiler's first error line; empty if kOk
  std::string repro;      // a command that repeats the compile
  std::string code_hash;  // of the machine code; equal for configs that compile to the same
  double seconds = 0;     // wall time spent now; 0 for a hit in the cache
  bool cached = false;
};

class Compiler {
 public:
  using Done = std::function<void(std::size_t index, const Compiled&)>;

  /// Tries the compiler with its flags the first time it meets them. Throws UserError when there is
  /// no such compiler, it does not run or link OpenMP, or the cache folder is not writable.
  explicit Compiler(CompilerOptions options);

  const std::string& path() const { return toolchain_.path; }
  const std::string& version() const { return toolchain_.version; }
  /// What the user added to the flags.
  const std::vector<std::string>& cxxflags() const { return options_.cxxflags; }
  /// All flags a variant is compiled with but its -I, joined by blanks; part of the provenance.
  std::string flags() const;

  /// Digest of the preprocessed kernel source and its tiles' names, without any tile's value.
  /// Throws UserError when the kernel's header is gone ("… was there when tilesmith was built; …").
  std::string SourceHash(const KernelSpec& kernel, const std::vector<std::string>& tiles) const;

  /// Compiles the configs of one kernel in parallel; results in their order, and `done`, when
  /// given, is told each as it is known. Failures that only the moment caused (out of memory) are
  /// not remembered; a timeout is, until a larger limit is given. Throws Interrupt, and UserError
  /// when the source is no longer what SourceHash() (or, without it, the first Compile()) saw, so
  /// that no result can be filed under the hash of another source. What was compiled before the
  /// throw stays in the cache.
  std::vector<Compiled> Compile(const KernelSpec& kernel, const std::vector<Config>& configs,
                                const Done& done = {});

  /// The stub of one config, for people who want to see it.
  static std::string Stub(const KernelSpec& kernel, const Config& config);

 private:
  class Batch;

  /// The source as it was pinned, read for the first time, or the complaint that it changed.
  const Source& PinnedSource(const KernelSpec& kernel) const;

  CompilerOptions options_;
  Toolchain toolchain_;
  VariantCache cache_;
  mutable std::map<std::string, Source> sources_;  // by header
};

}  // namespace tilesmith
