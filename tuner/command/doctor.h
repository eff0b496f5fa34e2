// `tilesmith doctor`: what this machine can do, and what disturbs measurements on it.
#pragma once

namespace CLI {
class App;
}

namespace tilesmith {

struct Context;

/// Adds the subcommand; once parsed, context.chosen prints the machine, observations with advice,
/// and peaks.
void AddDoctor(CLI::App& app, Context& context);

}  // namespace tilesmith
