// What every subcommand is given.
#pragma once

#include <functional>
#include <ostream>
#include <string>

#include "results/error.h"
#include "tuner/command/terminal.h"

namespace tilesmith {

/// One run of the command line. Results go to `out` and nothing else does; progress, notes and
/// errors go to `err`.
struct Context {
  std::ostream& out;
  std::ostream& err;
  Terminal terminal;             // what `err` is
  std::string command;           // what the user typed, quoted for a shell
  std::string program;           // its first word as it stands
  std::function<Exit()> chosen;  // set by the subcommand that was parsed; run after the parse
};

}  // namespace tilesmith
