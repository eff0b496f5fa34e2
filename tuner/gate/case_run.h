// One case in the hands of a variant: guarded, poisoned outputs and scratch of the child's own, and
// the case's protected inputs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tuner/compile/variant.h"
#include "tuner/gate/arguments.h"
#include "tuner/gate/case.h"
#include "tuner/gate/guarded_buffer.h"
#include "tuner/gate/outcome.h"

namespace tilesmith {

class CaseRun {
 public:
  /// Maps the buffers and registers them with FaultWatch, which watches one case at a time.
  CaseRun(const KernelSpec& kernel, const Case& test_case);

  /// Poisons outputs and scratch, restores in/out states, and calls the kernel once.
  void Call(const Variant& variant);

  /// Which operand's surroundings were written, and where; empty when none were.
  std::string Damage() const;
  /// The outputs of the last call beside the golden's, for judgement.
  CaseOutcome After() const;
  /// All compared outputs, one after another: what must not change from run to run.
  std::vector<std::byte> OutputBits() const;
  /// Where two results of OutputBits() first differ, with both values.
  struct Difference {
    std::string element;  // "y[3,17]"
    double first = 0, second = 0;
  };
  Difference FirstDifference(const std::vector<std::byte>& first,
                             const std::vector<std::byte>& second) const;

 private:
  const KernelSpec& kernel_;
  const Case& case_;
  std::vector<GuardedBuffer> owned_;  // by operand; empty for inputs
  Arguments arguments_;
  std::uint64_t turn_ = 0;
};

}  // namespace tilesmith
