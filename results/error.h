// The two ways to fail. A user's mistake throws UserError, which main prints as one line and turns
// into an exit code; a broken invariant of ours aborts, in every build type.
#pragma once

#include <stdexcept>
#include <string>

namespace tilesmith {

/// Exit codes of the command line; scripts rely on them.
enum class Exit : int {
  kOk = 0,
  kUsage = 1,           // wrong usage, bad input, internal failure
  kIncorrect = 2,       // a kernel does not compute what its golden computes
  kRegression = 3,      // something became slower
  kStale = 4,           // a generated file is missing, stale or different
  kNothingMatched = 5,  // the question was fine, the answer is empty
  kInterrupted = 130,   // Ctrl-C, with the state saved
};

/// A mistake the user can mend. what() is one line: "file:line: what, and what to do".
class UserError : public std::runtime_error {
 public:
  explicit UserError(const std::string& message, Exit code = Exit::kUsage)
      : std::runtime_error(message), code_(code) {}
  Exit code() const { return code_; }

 private:
  Exit code_;
};

/// Prints the broken invariant and its place on stderr and aborts.
[[noreturn]] void Abort(const char* file, int line, const char* what);

}  // namespace tilesmith

/// Aborts unless `condition` holds; stays on in release builds.
#define TILESMITH_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::tilesmith::Abort(__FILE__, __LINE__, #condition))
