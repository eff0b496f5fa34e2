// `tilesmith space`: how large a search space is, and which constraint prunes how much of it.
#pragma once

namespace CLI {
class App;
}

namespace tilesmith {

struct Context;

/// Adds the subcommand; once parsed, context.chosen prints one row per problem.
void AddSpace(CLI::App& app, Context& context);

}  // namespace tilesmith
