// The catalogue of the museum: broken kernels, each registered like any other, with a right golden,
// a small search space, and what the tuner must say of it.
#pragma once

#include <string>
#include <vector>

#include "results/records.h"
#include "tuner/kernel.h"

namespace tilesmith {

struct Exhibit {
  const KernelSpec* kernel = nullptr;
  /// The space file's text after its `kernel` line; one problem. The default is sane unless
  /// `broken` is empty.
  std::string space;
  /// Configs that must be found out; empty: all of them.
  std::vector<std::string> broken;
  Status status = Status::kWrong;
  std::string stage;
  /// A regular expression (of GoogleTest's) found in the message.
  std::string message;

  // Where the museum's usual options do not do:
  double call_s = 20;              // Limits::call_s
  std::uint64_t memory_mb = 1024;  // Limits::memory_bytes
  double compile_s = 300;          // CompilerOptions::limit_s
  int threads = 1;
};

/// All exhibits, registered at the first call.
const std::vector<Exhibit>& Exhibits();

/// Those that the original kernels were once broken by. Registers them; for Exhibits() alone.
std::vector<Exhibit> HistoricExhibits();

/// An Exhibit::space of one tile with its `values`, "1, 8", the default among them, and the lines
/// of its problem and of its ragged problem.
std::string OneTile(const std::string& tile, const std::string& values,
                    const std::string& default_value, const std::string& problem,
                    const std::string& ragged);

}  // namespace tilesmith
