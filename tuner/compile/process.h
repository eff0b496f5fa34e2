// Child programs, run without a shell: arguments reach them as they are, so no file name or flag
// can inject a command. Every child leads its own process group and is killed with it, so that a
// compiler driver takes its cc1plus along. One thread, one poll() loop: the process stays safe to
// fork.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace tilesmith {

/// From now on the first SIGINT or SIGTERM sets Interrupted(), and a second of the same kind ends
/// the process at once, as it would without this. Children do not inherit it.
void InstallInterruptHandler();
/// Set by the first SIGINT or SIGTERM once InstallInterruptHandler() ran; every loop that waits
/// looks at it at least ten times a second.
bool Interrupted();
/// Thrown by waiting loops when Interrupted(); caught where the state is saved.
struct Interrupt {};

struct Command {
  std::vector<std::string> arguments;    // [0] is looked up in PATH unless it has a '/'
  std::string input;                     // given on stdin; empty: /dev/null
  std::vector<std::string> environment;  // "NAME=value", over what this process has
};

struct Finished {
  enum class How { kExited, kSignalled, kTimedOut, kNotStarted };
  How how = How::kExited;
  int code = 0;        // exit code or signal
  std::string output;  // stdout; at most the first 256 MiB
  std::string errors;  // stderr; at most the first 64 KiB; kNotStarted: why
  double seconds = 0;  // wall time

  bool ok() const { return how == How::kExited && code == 0; }
};

/// Runs the commands, at most `jobs` (>= 1) at a time, each at most `limit_s` seconds. Results are
/// in the commands' order; `done`, when given, is called as each ends. A child has ended when the
/// program itself has: what it left running in its group is killed then. Throws Interrupt after
/// killing and reaping them all; so does whatever `done` throws.
std::vector<Finished> RunAll(const std::vector<Command>& commands, int jobs, double limit_s,
                             const std::function<void(std::size_t, const Finished&)>& done = {});
Finished Run(const Command& command, double limit_s);

/// The absolute path of the program a shell would run for `name`; empty when there is none.
std::string FindProgram(const std::string& name);

/// The command as a line to paste into a shell: each argument quoted where it needs to be.
std::string ShellQuote(const std::vector<std::string>& arguments);

}  // namespace tilesmith
