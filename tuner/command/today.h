// Whether a stored result still speaks of today's sources: the database only knows what it was last
// told.
#pragma once

#include <map>
#include <memory>
#include <ostream>
#include <string>

#include "reports/generated_header.h"
#include "results/store.h"
#include "tuner/compile/compiler.h"
#include "tuner/measure/machine.h"

namespace tilesmith {

class Today {
 public:
  /// Notes of what cannot be told go to `notes`, a line each. All three outlive this.
  Today(ResultStore& store, const Machine& machine, std::ostream& notes)
      : store_(store), machine_(machine), notes_(notes) {}

  /// Why the result is stale, e.g. "the kernel source changed"; "" when it is not, when its kernel
  /// is not in this program, or when its compiler is not on this machine (a note says so). Results
  /// of another machine are held against space, golden and tilesmith itself, and against the source
  /// where it preprocesses alike: same compiler, same instruction sets.
  std::string WhyStale(const Provenance& stored, const MachineRecord& measured_on);

  /// Moves what is stale from contents.kernels to contents.left_out.
  void LeaveOutStale(HeaderContents& contents);

 private:
  // nullptr when it does not run here.
  Compiler* CompilerOf(const Provenance& stored);

  ResultStore& store_;
  const Machine& machine_;
  std::ostream& notes_;
  std::map<std::string, std::unique_ptr<Compiler>> compilers_;  // by path and flags
};

}  // namespace tilesmith
