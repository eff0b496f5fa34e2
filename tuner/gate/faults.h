// Says what a segmentation fault was about. In the forked child a handler finds the operand whose
// pages or guards were touched and leaves one line in the channel; then the signal takes its
// course.
#pragma once

#include <cstddef>
#include <string>

#include "tuner/gate/guarded_buffer.h"
#include "tuner/gate/sandbox.h"

namespace tilesmith {

/// Starts every diagnosis of a write to a read-only input: the gate calls that wrong, not crashed.
inline constexpr char kInputOverwritten[] = "overwrote input";

/// Watches the operands of the running case. The table is process-wide, as signal handlers are.
class FaultWatch {
 public:
  /// Installs the handler (on its own stack, so that a stack overflow can speak).
  static void Install(Channel& channel);
  /// Adds a buffer under its operand's name; `element` is the size of one element. The buffer must
  /// stay mapped until Clear().
  static void Add(const std::string& name, const GuardedBuffer& buffer, std::size_t element,
                  bool read_only);
  static void Clear();
};

}  // namespace tilesmith
