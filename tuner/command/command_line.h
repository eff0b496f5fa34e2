// The command line as a function, so that main is a line long and tests need no process.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "tuner/command/terminal.h"

namespace tilesmith {

/// Runs `tilesmith` with these arguments ([0] is the program) and returns its exit code
/// (results/error.h). Results are written to `out`; progress, notes and errors (one line,
/// "tilesmith: …") to `err`. `terminal` describes what `err` is. Never throws.
int RunCommandLine(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err,
                   const Terminal& terminal = {});

}  // namespace tilesmith
