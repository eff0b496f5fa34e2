// The compiler that variants are built with: where it is, which it is, and how it is called.
#pragma once

#include <string>
#include <vector>

#include "tuner/compile/process.h"

namespace tilesmith {

struct Toolchain {
  std::string path;                   // absolute; as found in PATH, links not followed
  std::string version;                // first line of --version
  std::vector<std::string> flags;     // the defaults, then the user's; without -I
  std::vector<std::string> launcher;  // words before the compiler, e.g. {"ccache"}; may be empty
  /// Digest of the above but the launcher, and of this CPU where -march=native makes it matter.
  std::string identity;

  /// Compiles and links `source` into the shared object `output` in one go.
  Command Build(const std::string& include_root, const std::string& source,
                const std::string& output) const;
  /// The two halves, for launchers, which cache and distribute compiling but not linking.
  Command CompileObject(const std::string& include_root, const std::string& source,
                        const std::string& object) const;
  Command Link(const std::string& object, const std::string& output) const;
  /// Prints the preprocessed `text` with line markers.
  Command Preprocess(const std::string& include_root, const std::string& text) const;
};

/// Looks for `compiler` (empty: $CXX, then g++, c++, clang++) and asks for its version. `compiler`
/// and `launcher` (empty: $TILESMITH_COMPILER_LAUNCHER) may carry flags, and a compiler may name
/// its launcher before it ("ccache g++"), as $CXX often does. Throws UserError when there is none
/// or it does not run.
Toolchain FindToolchain(const std::string& compiler, const std::vector<std::string>& cxxflags,
                        const std::string& launcher);

/// Builds an empty shared object at `output`. Throws UserError telling what is amiss: an OpenMP
/// runtime that is not installed, or flags the compiler refuses.
void ProbeToolchain(const Toolchain& toolchain, const std::string& output);

}  // namespace tilesmith
