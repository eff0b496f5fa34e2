// `tilesmith verify`: the gate on demand, and golden data of others.
#pragma once

namespace CLI {
class App;
}

namespace tilesmith {

struct Context;

/// Adds the subcommand; once parsed, context.chosen checks configs (or golden files) and prints one
/// row per check and a line of totals. Exit codes: 2 when any check failed, 5 when there was
/// nothing to check.
void AddVerify(CLI::App& app, Context& context);

}  // namespace tilesmith
