// `tilesmith sweep`: tunes kernels and stores what it finds.
#pragma once

namespace CLI {
class App;
}

namespace tilesmith {

struct Context;

/// Adds the subcommand; once parsed, context.chosen sweeps every question asked and prints the
/// results. Exit codes: 2 when a default config did not pass the gate, 5 when nothing at all
/// passed, 130 when interrupted; whatever was finished is stored, and printed, in every case.
void AddSweep(CLI::App& app, Context& context);

}  // namespace tilesmith
