// `tilesmith list`: what there is to tune.
#pragma once

namespace CLI {
class App;
}

namespace tilesmith {

struct Context;

/// Adds the subcommand; once parsed, context.chosen prints one row per kernel and problem.
void AddList(CLI::App& app, Context& context);

}  // namespace tilesmith
